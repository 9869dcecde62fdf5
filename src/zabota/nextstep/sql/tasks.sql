-- Who takes tasks in which branch today: administrators and coordinators with capacity who are not away; 0 is "no branch".
INSERT INTO sweep_member (branch_id, member_id, capacity)
SELECT b.id, m.id, m.daily_capacity
FROM (SELECT id FROM clinic_branch WHERE clinic_id = %(clinic)s UNION ALL SELECT 0) b
CROSS JOIN clinic_member m JOIN clinic_user u ON u.id = m.user_id
WHERE m.clinic_id = %(clinic)s AND m.is_active AND u.is_active AND m.role IN ('administrator', 'coordinator')
  AND m.daily_capacity > 0
  AND NOT EXISTS (SELECT 1 FROM worklist_absence x
    WHERE x.member_id = m.id AND x.first_on <= %(today)s AND x.last_on >= %(today)s)
  AND (b.id = 0 OR NOT EXISTS (SELECT 1 FROM clinic_member_branches x WHERE x.member_id = m.id)
    OR EXISTS (SELECT 1 FROM clinic_member_branches x WHERE x.member_id = m.id AND x.branch_id = b.id));
-- Branches served by the same people are one team with one capacity: as many of them, and each of one in the other.
INSERT INTO sweep_team (branch_id, team_id)
WITH counted AS (SELECT branch_id, COUNT(*) AS people FROM sweep_member GROUP BY branch_id)
SELECT b.branch_id, MIN(o.branch_id)
FROM counted b JOIN counted o ON o.people = b.people AND NOT EXISTS (
  SELECT 1 FROM sweep_member m WHERE m.branch_id = b.branch_id AND NOT EXISTS (
    SELECT 1 FROM sweep_member x WHERE x.branch_id = o.branch_id AND x.member_id = m.member_id))
GROUP BY b.branch_id;
-- One turn of the wheel is one day: everybody once, then everybody with capacity left, and so on.
INSERT INTO sweep_wheel (team_id, slot, member_id)
WITH RECURSIVE turns(k) AS (
  SELECT 1 UNION ALL SELECT k + 1 FROM turns WHERE k < (SELECT COALESCE(MAX(capacity), 0) FROM sweep_member)
)
SELECT m.branch_id, ROW_NUMBER() OVER (PARTITION BY m.branch_id ORDER BY t.k, m.member_id) - 1, m.member_id
FROM turns t JOIN sweep_member m ON t.k <= m.capacity
WHERE m.branch_id IN (SELECT team_id FROM sweep_team);
-- A sweep by portions counts what waits once, before its first task, and goes on where the portion before left off.
UPDATE sweep_pool SET capacity = (SELECT COUNT(*) FROM sweep_wheel w WHERE w.team_id = sweep_pool.team_id);
INSERT INTO sweep_pool (team_id, capacity, backlog, turn, stock, fresh)
SELECT w.team_id, COUNT(*), NULL, (SELECT COALESCE(MAX(t.id), 0) FROM worklist_task t), 0, 0
FROM sweep_wheel w WHERE w.team_id NOT IN (SELECT team_id FROM sweep_pool) GROUP BY w.team_id;
-- The stock is spread over sixty days at most: what waits beyond that need not be counted.
UPDATE sweep_pool SET backlog = (SELECT COUNT(*) FROM (
  SELECT 1 FROM worklist_task t JOIN sweep_team m ON m.branch_id = COALESCE(t.branch_id, 0)
  WHERE t.clinic_id = %(clinic)s AND t.state = 'open' AND m.team_id = sweep_pool.team_id AND t.hidden_until IS NULL
    AND t.due_at >= DUE_AT(%(today_n)s + %(task_due_days)s)
  LIMIT (SELECT 61 * COUNT(*) FROM sweep_wheel)) waiting)
WHERE backlog IS NULL AND EXISTS (SELECT 1 FROM sweep_need n JOIN sweep_team m ON m.branch_id = COALESCE(n.branch_id, 0)
  WHERE n.is_stock = 1 AND n.open_task_id IS NULL AND m.team_id = sweep_pool.team_id);
-- Fresh causes keep their day; the stock that a new clinic brings is spread over the days, the dearest first,
-- as many a day as the people of the branch can take, sixty days at most.
INSERT INTO worklist_task (clinic_id, public_id, patient_id, branch_id, reason, summary, state, owner_id, due_at,
  hidden_until, value_kopecks, chance, stake_kopecks, attempts, is_urgent, version, dedupe_key,
  created_at, outcome, outcome_reason, comment, appointment_id, evidence)
SELECT %(clinic)s, NEW_ID(), r.patient_id, r.branch_id, r.reason, r.summary, 'open', w.member_id,
  DUE_AT(CASE WHEN r.is_stock = 1 AND p.capacity > 0
    THEN r.due_n + LEAST_OF((p.backlog + p.stock + r.place) / p.capacity, 60) ELSE r.due_n END),
  SHOWN_AT(r.hidden_n), r.value_kopecks, r.chance / 100.0, r.stake_kopecks, 0, FALSE,
  0, r.dedupe_key, %(now)s, '', '', '', r.appointment_id, ''
FROM (
  SELECT n.*, m.team_id, ROW_NUMBER() OVER (PARTITION BY m.team_id, n.is_stock
    ORDER BY n.due_n, n.stake_kopecks DESC, n.patient_id) - 1 AS place
  FROM sweep_need n LEFT JOIN sweep_team m ON m.branch_id = COALESCE(n.branch_id, 0)
  WHERE n.open_task_id IS NULL
) r
LEFT JOIN sweep_pool p ON p.team_id = r.team_id
LEFT JOIN sweep_wheel w ON w.team_id = p.team_id
  AND w.slot = (p.turn + CASE WHEN r.is_stock = 1 THEN p.stock ELSE p.fresh END + r.place) MODULO NULLIF(p.capacity, 0)
WHERE TRUE
ON CONFLICT (dedupe_key) DO NOTHING;
-- IN: joined to the tasks just needed, SQLite would read every task there is to know which keys are worth looking for.
INSERT INTO worklist_taskevent (task_id, clinic_id, kind, at, to_member_id, outcome, outcome_reason, comment)
SELECT t.id, %(clinic)s, 'created', %(now)s, t.owner_id, '', '', ''
FROM worklist_task t
WHERE t.dedupe_key IN (SELECT dedupe_key FROM sweep_need WHERE open_task_id IS NULL) AND t.created_at = %(now)s;
INSERT INTO nextstep_swepttask (task_id, clinic_id, known_visit_at)
SELECT t.id, %(clinic)s, v.last_at
FROM worklist_task t LEFT JOIN sweep_visit v ON v.patient_id = t.patient_id
WHERE t.dedupe_key IN (SELECT dedupe_key FROM sweep_need WHERE open_task_id IS NULL) AND t.created_at = %(now)s;
UPDATE sweep_pool SET
  stock = stock + (SELECT COUNT(*) FROM sweep_need n JOIN sweep_team m ON m.branch_id = COALESCE(n.branch_id, 0)
    WHERE n.is_stock = 1 AND n.open_task_id IS NULL AND m.team_id = sweep_pool.team_id),
  fresh = fresh + (SELECT COUNT(*) FROM sweep_need n JOIN sweep_team m ON m.branch_id = COALESCE(n.branch_id, 0)
    WHERE n.is_stock = 0 AND n.open_task_id IS NULL AND m.team_id = sweep_pool.team_id)
