-- Cards that were merged into another or erased keep no type and no task. By now every card in use has a state of its own:
-- where there are as many states as cards in use nobody has to be looked for.
DELETE FROM nextstep_patientstate WHERE clinic_id = %(clinic)s
  AND (SELECT COUNT(*) FROM nextstep_patientstate o WHERE o.clinic_id = %(clinic)s) > (SELECT COUNT(*) FROM sweep_scope)
  AND NOT EXISTS (SELECT 1 FROM sweep_scope s WHERE s.patient_id = nextstep_patientstate.patient_id);
INSERT INTO sweep_close (task_id, outcome, outcome_reason, appointment_id)
SELECT t.id, 'not_needed', CASE WHEN p.erased_at IS NOT NULL THEN 'erased' ELSE 'merged' END, NULL
FROM patients_patient p CROSS JOIN worklist_task t
WHERE p.clinic_id = %(clinic)s AND (p.merged_into_id IS NOT NULL OR p.erased_at IS NOT NULL)
  AND t.patient_id = p.id AND t.state = 'open'
