-- A task nobody has touched comes forward when something more pressing happened; reason and words follow.
UPDATE worklist_task SET reason = n.reason, summary = n.summary, due_at = DUE_AT(n.due_n),
  hidden_until = SHOWN_AT(n.hidden_n), value_kopecks = n.value_kopecks, chance = n.chance / 100.0,
  stake_kopecks = n.stake_kopecks
FROM sweep_need n
WHERE worklist_task.id IN (SELECT open_task_id FROM sweep_need)
  AND n.patient_id = worklist_task.patient_id AND n.open_task_id = worklist_task.id
  AND worklist_task.version = 0 AND (
  (n.reason <> 'recall_due' AND DUE_AT(n.due_n) < worklist_task.due_at)
  -- Somebody moved a recall that is still to come: its waiting task moves along.
  OR (n.reason = 'recall_due' AND worklist_task.reason = 'recall_due' AND n.cause_n > %(today_n)s
    AND worklist_task.due_at <> DUE_AT(n.due_n)))
