-- Plans: open with stages left (a plan without stages counts as open), proposed, declined, finished.
INSERT INTO sweep_plan (patient_id, open_n, proposed_n, declined_n, finished_n)
SELECT patient_id,
  DAYNUM(MAX(CASE WHEN is_open = 1 AND (stages = 0 OR stages_left > 0) THEN COALESCE(agreed_on, proposed_on) END)),
  DAYNUM(MAX(CASE WHEN state = 'proposed' THEN proposed_on END)),
  DAYNUM(MAX(CASE WHEN state = 'declined' THEN COALESCE(ended_on, proposed_on) END)),
  DAYNUM(MAX(CASE WHEN state = 'finished' OR (is_open = 1 AND stages > 0 AND stages_left = 0)
    THEN COALESCE(ended_on, done_on, agreed_on, proposed_on) END))
FROM (
  SELECT p.patient_id, p.state, p.proposed_on, p.agreed_on, p.ended_on,
    CASE WHEN p.state IN ('agreed', 'in_progress') THEN 1 ELSE 0 END AS is_open,
    (SELECT COUNT(*) FROM care_planstage g WHERE g.plan_id = p.id) AS stages,
    (SELECT COUNT(*) FROM care_planstage g WHERE g.plan_id = p.id AND g.done_on IS NULL) AS stages_left,
    (SELECT MAX(g.done_on) FROM care_planstage g WHERE g.plan_id = p.id) AS done_on
  FROM sweep_scope s CROSS JOIN care_plan p
  WHERE p.patient_id = s.patient_id AND p.state <> 'abandoned'
) plans
GROUP BY patient_id;
-- The latest appointment after the last visit that did not take place, or whose hour passed without a word.
INSERT INTO sweep_missed (patient_id, appointment_id, day_n, kind)
SELECT patient_id, id, DAYNUM(day), kind
FROM (
  SELECT s.patient_id, a.id, a.day,
    CASE WHEN a.status = 'no_show' THEN 'no_show' WHEN a.status = 'moved' THEN 'moved'
         WHEN a.status IN ('cancelled_patient', 'cancelled_clinic') THEN 'cancelled'
         WHEN a.vanished_at IS NOT NULL THEN 'vanished' ELSE 'unmarked' END AS kind,
    ROW_NUMBER() OVER (PARTITION BY s.patient_id ORDER BY a.starts_at DESC, a.id DESC) AS place
  FROM WALK_MISSED
  LEFT JOIN sweep_visit v ON v.patient_id = s.patient_id
  WHERE IN_CLINIC AND a.patient_id = s.patient_id
    AND a.status IN ('no_show', 'moved', 'cancelled_patient', 'cancelled_clinic', 'planned', 'confirmed', 'arrived')
    AND (a.status IN ('no_show', 'moved', 'cancelled_patient', 'cancelled_clinic') OR a.vanished_at IS NOT NULL
      OR a.starts_at <= %(now)s)
    AND a.day >= TODATE(%(today_n)s - %(missed_days)s)
    AND (v.last_at IS NULL OR a.starts_at > v.last_at)
) ranked
WHERE place = 1
