-- Services with the recall they start: the group of `triggers_group`, else their own; an interval of 0 means none.
INSERT INTO sweep_service
SELECT s.id, own.id, target.id,
  CASE WHEN s.recall_interval_days IS NOT NULL THEN NULLIF(s.recall_interval_days, 0)
       WHEN m.months IS NOT NULL THEN m.months * 365 / 12 ELSE NULLIF(target.recall_interval_days, 0) END,
  CASE WHEN s.recall_interval_days IS NULL THEN m.months END,
  CASE WHEN own.is_consultation THEN 1 ELSE 0 END, CASE WHEN own.is_prevention THEN 1 ELSE 0 END,
  CASE WHEN own.is_chronic THEN 1 ELSE 0 END
FROM clinic_service s
LEFT JOIN clinic_servicegroup own ON own.id = s.group_id
LEFT JOIN clinic_servicegroup target ON target.id = COALESCE(s.triggers_group_id, s.group_id)
LEFT JOIN nextstep_recallmonths m ON m.group_id = target.id
WHERE s.clinic_id = %(clinic)s;
-- WALK_VISITS and WALK_LINES: patient by patient for a few, table by table for a whole clinic. Same rows either way.
INSERT INTO sweep_visit (patient_id, visits, first_n, last_n, last_on, since_on, last_at)
SELECT v.patient_id, v.visits, DAYNUM(v.first_on), DAYNUM(v.last_on), v.last_on, TODATE(DAYNUM(v.last_on) - 730), v.last_at
FROM (
  SELECT s.patient_id, COUNT(DISTINCT a.day) AS visits, MIN(a.day) AS first_on, MAX(a.day) AS last_on,
    MAX(a.starts_at) AS last_at
  FROM WALK_VISITS
  WHERE a.patient_id = s.patient_id AND a.status = 'completed'
  GROUP BY s.patient_id
) v;
-- Bills and payments of the two years up to the last visit tell of the same money; the larger sum counts.
INSERT INTO sweep_bill (patient_id, amount)
SELECT v.patient_id, SUM(a.total_kopecks)
FROM WALK_BILLS
WHERE v.patient_id = s.patient_id AND a.patient_id = v.patient_id AND a.status = 'completed' AND a.day > v.since_on
GROUP BY v.patient_id;
INSERT INTO sweep_paid (patient_id, amount)
SELECT v.patient_id, SUM(m.amount_kopecks)
FROM WALK_PAYMENTS
WHERE v.patient_id = s.patient_id AND m.patient_id = v.patient_id AND m.paid_on > v.since_on
GROUP BY v.patient_id;
INSERT INTO sweep_done (patient_id, service_id, last_on)
SELECT s.patient_id, l.service_id, MAX(a.day)
FROM WALK_LINES
WHERE a.patient_id = s.patient_id AND a.status = 'completed' AND l.appointment_id = a.id
GROUP BY s.patient_id, l.service_id;
-- What was done on the last day (nothing but consultations, any prevention) and whether anything chronic ever was.
INSERT INTO sweep_kind (patient_id, consultation, prevention, chronic)
SELECT d.patient_id,
  CASE WHEN MAX(CASE WHEN d.last_on = v.last_on THEN 1 ELSE 0 END) = 0 THEN 0
       ELSE MIN(CASE WHEN d.last_on = v.last_on THEN c.is_consultation ELSE 1 END) END,
  MAX(CASE WHEN d.last_on = v.last_on THEN c.is_prevention ELSE 0 END), MAX(c.is_chronic)
FROM sweep_done d CROSS JOIN sweep_visit v CROSS JOIN sweep_service c
WHERE v.patient_id = d.patient_id AND c.service_id = d.service_id
GROUP BY d.patient_id;
-- The latest trigger of each group; of several on that day the one that is due first.
INSERT INTO sweep_cycle (patient_id, group_id, previous_on, interval_days, interval_months, calculated_on)
SELECT patient_id, target_group, last_on, interval_days, interval_months, calculated_on
FROM (
  SELECT t.*, ROW_NUMBER() OVER (PARTITION BY patient_id, target_group
    ORDER BY last_on DESC, calculated_on, interval_days, COALESCE(interval_months, 0)) AS place
  FROM (
    SELECT d.patient_id, c.target_group, d.last_on, c.interval_days, c.interval_months,
      CASE WHEN c.interval_months IS NULL THEN TODATE(DAYNUM(d.last_on) + c.interval_days)
           ELSE ADDMONTHS(d.last_on; c.interval_months) END AS calculated_on
    FROM sweep_done d CROSS JOIN sweep_service c
    WHERE c.service_id = d.service_id AND c.target_group IS NOT NULL AND c.interval_days IS NOT NULL
  ) t
) ranked
WHERE place = 1;
INSERT INTO sweep_upcoming (patient_id, starts_at, appointment_id, day_n, has_services)
SELECT s.patient_id, a.starts_at, a.id, DAYNUM(a.day),
  CASE WHEN EXISTS (SELECT 1 FROM booking_appointmentservice l WHERE l.appointment_id = a.id) THEN 1 ELSE 0 END
FROM sweep_scope s CROSS JOIN booking_appointment a
WHERE a.patient_id = s.patient_id AND a.status IN ('planned', 'confirmed', 'arrived') AND a.starts_at > %(now)s
  AND a.vanished_at IS NULL;
INSERT INTO sweep_booking (patient_id, appointment_id, starts_at, day_n)
SELECT patient_id, appointment_id, starts_at, day_n
FROM (
  SELECT u.*, ROW_NUMBER() OVER (PARTITION BY patient_id ORDER BY starts_at, appointment_id) AS place
  FROM sweep_upcoming u
) ranked
WHERE place = 1
