-- Cards that were merged into another or erased keep no type and no task.
DELETE FROM nextstep_patientstate WHERE clinic_id = %(clinic)s AND patient_id IN (
  SELECT id FROM patients_patient
  WHERE clinic_id = %(clinic)s AND (merged_into_id IS NOT NULL OR erased_at IS NOT NULL));
INSERT INTO sweep_close (task_id, outcome, outcome_reason, appointment_id)
SELECT t.id, 'not_needed', CASE WHEN p.erased_at IS NOT NULL THEN 'erased' ELSE 'merged' END, NULL
FROM worklist_task t JOIN patients_patient p ON p.id = t.patient_id
WHERE t.state = 'open' AND t.clinic_id = %(clinic)s AND (p.merged_into_id IS NOT NULL OR p.erased_at IS NOT NULL)
