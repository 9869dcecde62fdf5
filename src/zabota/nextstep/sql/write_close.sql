-- What the statements of close.sql and gone_*.sql decided.
INSERT INTO worklist_taskevent (task_id, clinic_id, kind, at, outcome, outcome_reason, comment)
SELECT task_id, %(clinic)s, 'closed', %(now)s, outcome, outcome_reason, '' FROM sweep_close;
UPDATE worklist_task SET state = 'closed', closed_at = %(now)s, outcome = c.outcome, outcome_reason = c.outcome_reason,
  appointment_id = COALESCE(c.appointment_id, worklist_task.appointment_id), hidden_until = NULL, version = version + 1
FROM sweep_close c
WHERE c.task_id = worklist_task.id AND worklist_task.id IN (SELECT task_id FROM sweep_close)
