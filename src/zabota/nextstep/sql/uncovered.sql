-- Patients under the rule of the two З without a next step: neither a booking to come nor an open task.
-- Under the rule is every card in use that was seen at least once or has a contact, and did not leave with a reason.
SELECT p.clinic_id, p.id AS patient_id, p.branch_id
FROM patients_patient p
WHERE p.merged_into_id IS NULL AND p.erased_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM nextstep_exemption e WHERE e.patient_id = p.id AND e.ended_at IS NULL)
  AND (EXISTS (SELECT 1 FROM booking_appointment a WHERE a.patient_id = p.id AND a.status = 'completed')
    OR EXISTS (SELECT 1 FROM patients_contact c WHERE c.patient_id = p.id AND c.reach NOT IN ('wrong', 'invalid')))
  AND NOT EXISTS (SELECT 1 FROM worklist_task t WHERE t.patient_id = p.id AND t.state = 'open')
  AND NOT EXISTS (SELECT 1 FROM booking_appointment a WHERE a.patient_id = p.id
    AND a.status IN ('planned', 'confirmed', 'arrived') AND a.starts_at > %(now)s AND a.vanished_at IS NULL)
