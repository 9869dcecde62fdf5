-- Tasks whose condition ended by itself: the predicate that opens them, negated. Whoever left the rule has no task at
-- all, but the look of quality into a refusal; of the rest only the sweep's own tasks are closed here.
INSERT INTO sweep_close (task_id, outcome, outcome_reason, appointment_id)
SELECT task_id,
  CASE WHEN outcome_reason IN ('visited', 'booked') THEN 'booked_elsewhere' ELSE 'not_needed' END,
  outcome_reason,
  CASE outcome_reason WHEN 'booked' THEN booking_id
    WHEN 'visited' THEN (SELECT x.id FROM booking_appointment x
      WHERE x.patient_id = ending.patient_id AND x.status = 'completed' ORDER BY x.starts_at DESC, x.id DESC LIMIT 1) END
FROM (
  SELECT t.task_id, z.patient_id, z.booking_id,
    CASE
      WHEN z.exemption <> '' THEN CASE WHEN t.reason <> 'refusal_review' OR z.exemption = 'died' THEN z.exemption END
      WHEN t.is_ours = 0 THEN NULL
      WHEN z.under_rule = 0 THEN 'no_contact'
      -- A visit that was not known when the task was made.
      WHEN z.last_at > t.known_visit_at OR (t.is_known = 1 AND t.known_visit_at IS NULL AND z.last_at IS NOT NULL)
        THEN 'visited'
      WHEN z.booking_id IS NOT NULL AND NOT (t.reason = 'recall_due' AND COALESCE(z.asked_n, 9999999) <= %(today_n)s)
        THEN 'booked'
      -- The question was how an appointment ended, and now it is known.
      WHEN a.status NOT IN ('planned', 'confirmed', 'arrived') OR a.vanished_at IS NOT NULL THEN 'marked'
    END AS outcome_reason
  FROM sweep_state z CROSS JOIN sweep_open t
  LEFT JOIN booking_appointment a ON a.id = t.appointment_id
  WHERE t.patient_id = z.patient_id
) ending
WHERE outcome_reason IS NOT NULL;
-- A merge may have brought a second task of the sweep: the one that was worked on stays, else the one due first.
INSERT INTO sweep_close (task_id, outcome, outcome_reason, appointment_id)
SELECT task_id, 'not_needed', 'duplicate', NULL
FROM (
  SELECT t.task_id, ROW_NUMBER() OVER (PARTITION BY t.patient_id ORDER BY t.version DESC, t.due_at, t.task_id) AS place
  FROM (SELECT patient_id FROM sweep_open GROUP BY patient_id HAVING COUNT(*) > 1) many CROSS JOIN sweep_open t
  WHERE t.patient_id = many.patient_id AND t.is_ours = 1 AND t.task_id NOT IN (SELECT task_id FROM sweep_close)
) ranked
WHERE place > 1;
-- Visits and bookings that came with another card answered nothing by themselves: the cards became one.
UPDATE sweep_close SET outcome = 'not_needed', outcome_reason = 'merged', appointment_id = NULL
WHERE %(merged)s = 1 AND outcome_reason IN ('visited', 'booked');
DELETE FROM sweep_open WHERE task_id IN (SELECT task_id FROM sweep_close)
