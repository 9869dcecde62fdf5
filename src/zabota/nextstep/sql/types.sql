-- The flow between types, before the states forget the old ones.
INSERT INTO nextstep_typechange (patient_id, clinic_id, before, after, "on", rule)
SELECT z.patient_id, %(clinic)s, COALESCE(o.type, ''), z.type, %(today)s, z.rule
FROM sweep_state z LEFT JOIN nextstep_patientstate o ON o.patient_id = z.patient_id
WHERE o.patient_id IS NULL OR o.type <> z.type;
-- Only rows that differ are written: on an ordinary night that is a few in a hundred.
INSERT INTO nextstep_patientstate (patient_id, clinic_id, type, rule, since_on, last_visit_on, visits, next_booking_at,
  group_id, expected_interval_days, sleeping_on, next_transition_on, value_kopecks, swept_at)
SELECT z.patient_id, %(clinic)s, z.type, z.rule, %(today)s, z.last_on, z.visits, z.booking_at, z.group_id,
  z.interval_days, TODATE(z.sleeping_n), TODATE(z.transition_n), z.value_kopecks, %(now)s
FROM sweep_state z LEFT JOIN nextstep_patientstate o ON o.patient_id = z.patient_id
WHERE STATE_DIFFERS
ON CONFLICT (patient_id) DO UPDATE SET
  since_on = CASE WHEN nextstep_patientstate.type = excluded.type THEN nextstep_patientstate.since_on
    ELSE excluded.since_on END,
  type = excluded.type, rule = excluded.rule, last_visit_on = excluded.last_visit_on,
  visits = excluded.visits, next_booking_at = excluded.next_booking_at, group_id = excluded.group_id,
  expected_interval_days = excluded.expected_interval_days, sleeping_on = excluded.sleeping_on,
  next_transition_on = excluded.next_transition_on, value_kopecks = excluded.value_kopecks, swept_at = excluded.swept_at
