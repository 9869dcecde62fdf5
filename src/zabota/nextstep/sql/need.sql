-- Who needs a task and has none, and whose untouched task may have to come forward; reason, day, stake and words.
INSERT INTO sweep_need (patient_id, branch_id, booking_id, open_task_id, reason, cause_n, due_n, hidden_n, summary,
  value_kopecks, chance, stake_kopecks, appointment_id, dedupe_key, is_stock)
WITH needing AS (
  SELECT z.*, t.task_id AS open_task_id
  FROM sweep_state z
  LEFT JOIN sweep_open t ON t.patient_id = z.patient_id AND t.version = 0 AND t.is_ours = 1
    AND t.reason IN ('recall_due', 'no_next_step')
  WHERE z.under_rule = 1 AND (z.booking_id IS NULL OR z.asked_n <= %(today_n)s)
    AND (t.task_id IS NOT NULL OR NOT EXISTS (SELECT 1 FROM sweep_open o WHERE o.patient_id = z.patient_id))
),
reasoned AS (
  SELECT n.*, CASE
    WHEN booking_id IS NOT NULL THEN 'recall_due'
    WHEN type = 'referred' THEN 'referred'
    WHEN missed_kind = 'no_show' THEN 'no_show'
    WHEN missed_kind IN ('cancelled', 'moved') THEN 'cancelled'
    WHEN missed_kind = 'vanished' THEN 'vanished'
    WHEN open_n IS NOT NULL THEN 'plan_paused'
    WHEN missed_kind = 'unmarked' THEN 'no_next_step'
    WHEN rule IN ('refused.plan', 'not_started.plan', 'not_started.visit') THEN 'not_started'
    WHEN rule = 'new.no_visit' THEN 'new_without_visit'
    WHEN type = 'lost' THEN 'lost'
    WHEN type = 'sleeping' THEN 'sleeping'
    WHEN asked_n IS NOT NULL THEN 'recall_due'
    ELSE 'no_next_step' END AS reason
  FROM needing n
),
-- Of those with an untouched task only a more pressing cause, or a recall that is still to come, can change anything.
mattering AS MATERIALIZED (
  SELECT m.*, LOCALDAY((SELECT MAX(x.closed_at) FROM worklist_task x
    WHERE x.patient_id = m.patient_id AND x.state = 'closed' AND x.closed_by_id IS NOT NULL)) AS closed_n
  FROM reasoned m
  WHERE open_task_id IS NULL
    OR reason IN ('no_show', 'cancelled', 'vanished', 'plan_paused', 'referred', 'not_started')
    OR (reason = 'recall_due' AND asked_n > %(today_n)s)
),
dated AS (
  SELECT r.*,
    CASE WHEN reason = 'no_next_step' AND missed_kind = 'unmarked' THEN 1 ELSE 0 END AS unmarked,
    CASE reason
      WHEN 'recall_due' THEN asked_n
      WHEN 'referred' THEN referred_n
      WHEN 'no_show' THEN missed_n WHEN 'cancelled' THEN missed_n WHEN 'vanished' THEN missed_n
      WHEN 'plan_paused' THEN GREATER(open_n, COALESCE(last_n, open_n))
      WHEN 'not_started' THEN CASE rule WHEN 'refused.plan' THEN declined_n WHEN 'not_started.plan' THEN proposed_n
        ELSE last_n END
      WHEN 'new_without_visit' THEN registered_n
      WHEN 'lost' THEN last_n + lost_days + 1
      WHEN 'sleeping' THEN last_n + sleeping_days + 1
      ELSE CASE WHEN missed_kind = 'unmarked' THEN missed_n ELSE last_n END END AS cause_n,
    CASE WHEN last_n IS NULL THEN 15
      WHEN (%(today_n)s - last_n) * 100 <= COALESCE(interval_days, %(sleeping_days)s / 2) * 100 THEN 10
      WHEN (%(today_n)s - last_n) * 100 <= COALESCE(interval_days, %(sleeping_days)s / 2) * 150 THEN 30
      WHEN (%(today_n)s - last_n) * 100 <= COALESCE(interval_days, %(sleeping_days)s / 2) * 200 THEN 35
      WHEN (%(today_n)s - last_n) * 100 <= COALESCE(interval_days, %(sleeping_days)s / 2) * 300 THEN 25
      WHEN (%(today_n)s - last_n) * 100 <= COALESCE(interval_days, %(sleeping_days)s / 2) * 500 THEN 12
      ELSE 5 END AS by_lateness
  FROM mattering r
),
dues AS (
  SELECT d.*,
    CASE
      WHEN reason IN ('no_show', 'cancelled', 'vanished') OR unmarked = 1 THEN %(today_n)s + 1
      WHEN reason = 'referred' THEN GREATER(referred_n + CASE WHEN acute = 1 THEN 2 ELSE 7 END, %(today_n)s)
      WHEN reason = 'recall_due' AND asked_n > %(today_n)s THEN asked_n
      WHEN reason = 'no_next_step' AND last_n + %(task_due_days)s >= %(today_n)s THEN last_n + %(task_due_days)s
      ELSE %(today_n)s + %(task_due_days)s END AS first_due_n,
    CASE
      WHEN reason IN ('no_show', 'cancelled', 'vanished') THEN GREATER(by_lateness, 40)
      WHEN reason IN ('plan_paused', 'not_started', 'referred') THEN GREATER(by_lateness, 30)
      ELSE by_lateness END AS chance
  FROM dated d
),
rested AS (
  -- A recall is worked some days before its day: what was closed then is closed for that day too.
  SELECT e.*, CASE WHEN closed_n IS NOT NULL AND (cause_n IS NULL
      OR cause_n - CASE WHEN reason = 'recall_due' THEN %(task_due_days)s ELSE 0 END <= closed_n)
    THEN GREATER(first_due_n, closed_n + %(rest_days)s) ELSE first_due_n END AS due_n
  FROM dues e
),
hidden AS MATERIALIZED (
  SELECT h.*, CASE WHEN due_n - %(task_due_days)s > %(today_n)s THEN due_n - %(task_due_days)s END AS ahead_n
  FROM rested h
)
SELECT h.patient_id,
  COALESCE(h.branch_id, (SELECT a.branch_id FROM booking_appointment a
    WHERE a.patient_id = h.patient_id AND a.status = 'completed' ORDER BY a.starts_at DESC, a.id DESC LIMIT 1)),
  h.booking_id, h.open_task_id, h.reason, h.cause_n, h.due_n,
  CASE WHEN unmarked = 1 AND missed_n >= %(today_n)s THEN GREATER(COALESCE(ahead_n, due_n), %(today_n)s + 1)
       ELSE ahead_n END,
  CASE
    WHEN reason = 'recall_due' THEN 'Пора: ' || g.name || ', срок ' || DOTTED(asked_n)
    WHEN reason = 'referred' THEN 'Направление в другую клинику ' || DOTTED(referred_n) || ': узнать, как дела'
    WHEN reason = 'no_show' THEN 'Неявка ' || DOTTED(missed_n) || ', новой записи нет'
    WHEN reason = 'vanished' THEN 'Запись на ' || DOTTED(missed_n) || ' исчезла из выгрузки'
    WHEN missed_kind = 'moved' AND reason = 'cancelled'
      THEN 'Визит ' || DOTTED(missed_n) || ' перенесён, нового времени нет'
    WHEN reason = 'cancelled' THEN 'Визит ' || DOTTED(missed_n) || ' отменён, новой записи нет'
    WHEN unmarked = 1 THEN 'Приём ' || DOTTED(missed_n) || ' не отмечен: состоялся ли он'
    WHEN reason = 'plan_paused' THEN 'План лечения не завершён, записи нет'
    WHEN reason = 'new_without_visit' AND registered_n IS NULL THEN 'Визитов ещё нет'
    WHEN reason = 'new_without_visit' THEN 'Карта с ' || DOTTED(registered_n) || ', визитов ещё нет'
    WHEN rule = 'refused.plan' AND reason = 'not_started'
      THEN 'Отказ от плана ' || DOTTED(declined_n) || ': спросить о причине'
    WHEN rule = 'not_started.plan' AND reason = 'not_started'
      THEN 'План предложен ' || DOTTED(proposed_n) || ', лечение не начато'
    WHEN reason = 'not_started' THEN 'Консультация ' || DOTTED(last_n) || ', лечение не начато'
    WHEN reason IN ('lost', 'sleeping') THEN 'Последний визит ' || DOTTED(last_n) || ', записи нет'
    ELSE 'Визит ' || DOTTED(last_n) || ', следующего шага нет' END,
  h.value_kopecks, h.chance, h.value_kopecks * h.chance / 10000 * 100,
  CASE WHEN unmarked = 1 THEN missed_id END,
  'sweep:' || h.patient_id || ':' || h.reason || ':' || COALESCE(h.cause_n, 0) || ':' ||
    -- Grows with each closed task and never falls: a merge that is undone takes tasks away again.
    COALESCE((SELECT MAX(x.id) FROM worklist_task x WHERE x.patient_id = h.patient_id AND x.state = 'closed'), 0),
  CASE WHEN h.cause_n IS NULL OR %(today_n)s - h.cause_n > 30 THEN 1 ELSE 0 END
FROM hidden h LEFT JOIN clinic_servicegroup g ON g.id = h.ask_group
