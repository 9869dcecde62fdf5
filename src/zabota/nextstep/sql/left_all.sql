-- Open tasks of cards that were merged into another or erased.
INSERT INTO sweep_close (task_id, outcome, outcome_reason, appointment_id)
SELECT t.id, 'not_needed', CASE WHEN p.erased_at IS NOT NULL THEN 'erased' ELSE 'merged' END, NULL
FROM patients_patient p CROSS JOIN worklist_task t
WHERE p.clinic_id = %(clinic)s AND (p.merged_into_id IS NOT NULL OR p.erased_at IS NOT NULL)
  AND t.patient_id = p.id AND t.state = 'open'
