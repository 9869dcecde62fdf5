-- Recalls as they are from this sweep on, read before any is written. A new trigger begins a new cycle and forgets what a
-- person decided about the old day; a snooze and a switch-off stay. The right visit holds the group; one without services does
-- when its doctor may perform a service of the group, or nobody knows the doctor; any visit does where that is the choice.
INSERT INTO sweep_recall (patient_id, group_id, recall_id, previous_n, interval_days, interval_months, calculated_n, asked_n,
  is_live, is_stale, right_id, was_id)
SELECT c.patient_id, c.group_id, r.id, c.previous_n, c.interval_days, c.interval_months, c.calculated_n,
  GREATER(COALESCE(CASE WHEN r.overridden_on IS NOT NULL AND DAYNUM(r.previous_on) = c.previous_n
    THEN DAYNUM(r.overridden_on) END, c.calculated_n), COALESCE(DAYNUM(r.snoozed_until), -9999999)),
  CASE WHEN r.is_disabled THEN 0 ELSE 1 END,
  CASE WHEN r.id IS NULL OR DAYNUM(r.previous_on) <> c.previous_n OR DAYNUM(r.calculated_on) <> c.calculated_n
    OR r.interval_days <> c.interval_days OR r.interval_months IS DISTINCT FROM c.interval_months THEN 1 ELSE 0 END,
  (SELECT u.appointment_id FROM sweep_upcoming u
   WHERE u.patient_id = c.patient_id AND (r.any_visit_counts OR %(any_visit)s = 1
     OR (u.has_services = 0 AND (u.doctor_id IS NULL OR EXISTS (SELECT 1 FROM sweep_performer f
       WHERE f.group_id = c.group_id AND f.doctor_id IN (0, u.doctor_id))))
     OR EXISTS (SELECT 1 FROM booking_appointmentservice l CROSS JOIN sweep_service s
       WHERE l.appointment_id = u.appointment_id AND s.service_id = l.service_id
         AND (s.target_group = c.group_id OR s.own_group = c.group_id)))
   ORDER BY u.starts_at, u.appointment_id LIMIT 1),
  r.booked_id
FROM sweep_cycle c LEFT JOIN nextstep_recall r ON r.patient_id = c.patient_id AND r.group_id = c.group_id;
-- The latest trigger, of several on one day the shortest interval, then the lowest group: one whole number again.
INSERT INTO sweep_usual (patient_id, group_id, interval_days)
SELECT patient_id, 4294967295 - packed MODULO 4294967296, 16383 - packed / 4294967296 MODULO 16384
FROM (
  SELECT patient_id, MAX((previous_n + 25567) * 70368744177664 + (16383 - interval_days) * 4294967296
    + 4294967295 - group_id) AS packed
  FROM sweep_recall WHERE is_live = 1 GROUP BY patient_id
) latest;
INSERT INTO sweep_ask (patient_id, group_id, asked_n, ahead_n)
SELECT patient_id, packed MODULO 4294967296, packed / 4294967296 - 25567, ahead_n
FROM (
  SELECT patient_id, MIN((asked_n + 25567) * 4294967296 + group_id) AS packed,
    MIN(CASE WHEN asked_n > %(today_n)s THEN asked_n END) AS ahead_n
  FROM sweep_recall WHERE is_live = 1 AND right_id IS NULL GROUP BY patient_id
) earliest
