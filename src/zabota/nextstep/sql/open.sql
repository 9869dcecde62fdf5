-- Open tasks with what the sweep asks of them, in the order of patients: read once, however many statements look at them.
INSERT INTO sweep_open (patient_id, task_id, reason, due_at, version, is_ours, appointment_id, is_known, known_visit_at)
SELECT t.patient_id, t.id, t.reason, t.due_at, t.version, CASE WHEN SUBSTR(t.dedupe_key, 1, 6) = 'sweep:' THEN 1 ELSE 0 END,
  t.appointment_id, CASE WHEN k.task_id IS NULL THEN 0 ELSE 1 END, k.known_visit_at
FROM WALK_TASKS LEFT JOIN nextstep_swepttask k ON k.task_id = t.id
WHERE OF_TASKS AND t.state = 'open'
ORDER BY t.patient_id, t.id
