-- A task nobody has touched comes forward when something more pressing happened; reason and words follow. A recall that
-- somebody moved takes its waiting task along. The history keeps what was written before.
INSERT INTO worklist_taskevent (task_id, clinic_id, kind, at, outcome, outcome_reason, comment)
SELECT t.id, %(clinic)s, CASE WHEN DUE_AT(n.due_n) < t.due_at THEN 'forward' ELSE 'noted' END, %(now)s, '', '',
  'Было: ' || t.summary
FROM worklist_task t CROSS JOIN sweep_need n
WHERE t.id IN (SELECT open_task_id FROM sweep_need) AND n.patient_id = t.patient_id AND n.open_task_id = t.id AND RAISED;
UPDATE worklist_task AS t SET reason = n.reason, summary = n.summary, due_at = DUE_AT(n.due_n),
  hidden_until = SHOWN_AT(n.hidden_n), value_kopecks = n.value_kopecks, chance = n.chance / 100.0,
  stake_kopecks = n.stake_kopecks
FROM sweep_need n
WHERE t.id IN (SELECT open_task_id FROM sweep_need) AND n.patient_id = t.patient_id AND n.open_task_id = t.id AND RAISED
