-- A trigger that was voided leaves no recall behind.
DELETE FROM nextstep_recall
WHERE patient_id IN (SELECT patient_id FROM sweep_scope)
  AND NOT EXISTS (SELECT 1 FROM sweep_cycle c
    WHERE c.patient_id = nextstep_recall.patient_id AND c.group_id = nextstep_recall.group_id);
-- A new trigger begins a new cycle and clears what a person decided about the old day; a snooze and a switch-off stay.
INSERT INTO nextstep_recall (patient_id, clinic_id, group_id, previous_on, interval_days, interval_months, calculated_on,
  overridden_on, override_reason, snoozed_until, any_visit_counts, booked_id, is_disabled, disabled_reason, updated_at)
SELECT c.patient_id, %(clinic)s, c.group_id, TODATE(c.previous_n), c.interval_days, c.interval_months,
  TODATE(c.calculated_n),
  NULL, '', NULL, FALSE, NULL, FALSE, '', %(now)s
FROM sweep_cycle c LEFT JOIN nextstep_recall r ON r.patient_id = c.patient_id AND r.group_id = c.group_id
WHERE r.id IS NULL OR DAYNUM(r.previous_on) <> c.previous_n OR DAYNUM(r.calculated_on) <> c.calculated_n
  OR r.interval_days <> c.interval_days OR r.interval_months IS DISTINCT FROM c.interval_months
ON CONFLICT (patient_id, group_id) DO UPDATE SET
  overridden_on = CASE WHEN nextstep_recall.previous_on = excluded.previous_on THEN nextstep_recall.overridden_on END,
  override_reason = CASE WHEN nextstep_recall.previous_on = excluded.previous_on THEN nextstep_recall.override_reason
    ELSE '' END,
  previous_on = excluded.previous_on, interval_days = excluded.interval_days,
  interval_months = excluded.interval_months, calculated_on = excluded.calculated_on, updated_at = excluded.updated_at;
-- The right visit holds the group; one without services does when its doctor may perform a service of the group, or nobody
-- knows the doctor; any visit does where that is the choice.
INSERT INTO sweep_recall (patient_id, group_id, recall_id, previous_n, interval_days, asked_n, is_live, right_id, was_id)
SELECT r.patient_id, r.group_id, r.id, DAYNUM(r.previous_on), r.interval_days,
  CASE WHEN r.snoozed_until > COALESCE(r.overridden_on, r.calculated_on) THEN DAYNUM(r.snoozed_until)
       ELSE DAYNUM(COALESCE(r.overridden_on, r.calculated_on)) END,
  CASE WHEN r.is_disabled THEN 0 ELSE 1 END,
  (SELECT u.appointment_id FROM sweep_upcoming u
   WHERE u.patient_id = r.patient_id AND (r.any_visit_counts OR %(any_visit)s = 1
     OR (u.has_services = 0 AND (u.doctor_id IS NULL OR EXISTS (SELECT 1 FROM sweep_performer f
       WHERE f.group_id = r.group_id AND f.doctor_id IN (0, u.doctor_id))))
     OR EXISTS (SELECT 1 FROM booking_appointmentservice l CROSS JOIN sweep_service c
       WHERE l.appointment_id = u.appointment_id AND c.service_id = l.service_id
         AND (c.target_group = r.group_id OR c.own_group = r.group_id)))
   ORDER BY u.starts_at, u.appointment_id LIMIT 1),
  r.booked_id
FROM sweep_scope s CROSS JOIN nextstep_recall r
WHERE r.patient_id = s.patient_id;
UPDATE nextstep_recall SET booked_id = (SELECT d.right_id FROM sweep_recall d
  WHERE d.patient_id = nextstep_recall.patient_id AND d.group_id = nextstep_recall.group_id)
WHERE id IN (SELECT recall_id FROM sweep_recall WHERE right_id IS DISTINCT FROM was_id);
-- The latest trigger, of several on one day the shortest interval, then the lowest group: one whole number again.
INSERT INTO sweep_usual (patient_id, group_id, interval_days)
SELECT patient_id, 4294967295 - packed MODULO 4294967296, 16383 - packed / 4294967296 MODULO 16384
FROM (
  SELECT patient_id, MAX((previous_n + 25567) * 70368744177664 + (16383 - interval_days) * 4294967296
    + 4294967295 - group_id) AS packed
  FROM sweep_recall WHERE is_live = 1 GROUP BY patient_id
) latest;
INSERT INTO sweep_ask (patient_id, group_id, asked_n, ahead_n)
SELECT patient_id, packed MODULO 4294967296, packed / 4294967296 - 25567, ahead_n
FROM (
  SELECT patient_id, MIN((asked_n + 25567) * 4294967296 + group_id) AS packed,
    MIN(CASE WHEN asked_n > %(today_n)s THEN asked_n END) AS ahead_n
  FROM sweep_recall WHERE is_live = 1 AND right_id IS NULL GROUP BY patient_id
) earliest
