-- One row of counts: under the rule, booked, not booked with an open task, without a next step, left with a reason.
WITH cards AS (
  SELECT
    CASE WHEN b.patient_id IS NULL THEN 0 ELSE 1 END AS booked, 
    CASE WHEN EXISTS (SELECT 1 FROM OPEN_TASKS WHERE t.patient_id = p.id AND t.state = 'open') THEN 1 ELSE 0 END AS tasked
  FROM patients_patient p
  LEFT JOIN (SELECT DISTINCT patient_id FROM booking_appointment WHERE clinic_id = %(clinic)s
    AND status IN ('planned', 'confirmed', 'arrived') AND starts_at > %(now)s AND vanished_at IS NULL) b
    ON b.patient_id = p.id
  WHERE p.clinic_id = %(clinic)s AND p.merged_into_id IS NULL AND p.erased_at IS NULL AND OF_BRANCHES
    AND NOT EXISTS (SELECT 1 FROM nextstep_exemption e WHERE e.patient_id = p.id AND e.ended_at IS NULL)
    AND (EXISTS (SELECT 1 FROM booking_appointment a WHERE a.patient_id = p.id AND a.status = 'completed')
      OR EXISTS (SELECT 1 FROM patients_contact c WHERE c.patient_id = p.id AND c.reach NOT IN ('wrong', 'invalid')))
)
SELECT COUNT(*), COALESCE(SUM(booked), 0),
  COALESCE(SUM(CASE WHEN booked = 0 AND tasked = 1 THEN 1 ELSE 0 END), 0),
  COALESCE(SUM(CASE WHEN booked = 0 AND tasked = 0 THEN 1 ELSE 0 END), 0)
FROM cards
