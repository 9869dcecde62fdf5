-- Services with the recall they start: the group of `triggers_group`, else their own; an interval of 0 means none.
INSERT INTO sweep_service
SELECT id, own_group, target_group, days, months, consultation, prevention, chronic,
  CAST(25567 AS BIGINT) * 70368744177664 + CAST(262143 - 25567 - COALESCE(days, 0) AS BIGINT) * 268435456
    + (16383 - COALESCE(days, 0)) * 16384 + 16383
FROM (
  SELECT id, own_group, target_group, CASE WHEN days > 16383 THEN 16383 ELSE days END AS days, months, consultation,
    prevention, chronic
  FROM (
    SELECT s.id, own.id AS own_group, target.id AS target_group,
      CASE WHEN s.recall_interval_days IS NOT NULL THEN NULLIF(s.recall_interval_days, 0)
           WHEN m.months IS NOT NULL THEN m.months * 365 / 12 ELSE NULLIF(target.recall_interval_days, 0) END AS days,
      CASE WHEN s.recall_interval_days IS NULL THEN m.months END AS months,
      CASE WHEN own.is_consultation THEN 1 ELSE 0 END AS consultation,
      CASE WHEN own.is_prevention THEN 1 ELSE 0 END AS prevention, CASE WHEN own.is_chronic THEN 1 ELSE 0 END AS chronic
    FROM clinic_service s
    LEFT JOIN clinic_servicegroup own ON own.id = s.group_id
    LEFT JOIN clinic_servicegroup target ON target.id = COALESCE(s.triggers_group_id, s.group_id)
    LEFT JOIN nextstep_recallmonths m ON m.group_id = target.id
    WHERE s.clinic_id = %(clinic)s
  ) services
) bounded;
-- CROSS JOIN: SQLite then walks patients in their order and reads visits from the covering index appt_visits. Counting
-- rows and seeking both ends costs half of what COUNT(DISTINCT), MIN and MAX do; days of several visits are put right after.
-- MATERIALIZED: SQLite would else seek the last day once for each column made of it.
INSERT INTO sweep_visit (patient_id, visits, first_n, last_n, last_on, since_on, last_at)
WITH v AS MATERIALIZED (
  SELECT c.patient_id, c.visits,
    (SELECT MIN(b.day) FROM booking_appointment b WHERE b.patient_id = c.patient_id AND b.status = 'completed') AS first_on,
    (SELECT MAX(b.day) FROM booking_appointment b WHERE b.patient_id = c.patient_id AND b.status = 'completed') AS last_on,
    (SELECT MAX(b.starts_at) FROM booking_appointment b
     WHERE b.patient_id = c.patient_id AND b.status = 'completed') AS last_at
  FROM (
    SELECT s.patient_id, COUNT(*) AS visits
    FROM sweep_scope s CROSS JOIN booking_appointment a
    WHERE a.patient_id = s.patient_id AND a.status = 'completed'
    GROUP BY s.patient_id
  ) c
)
SELECT v.patient_id, v.visits, DAYNUM(v.first_on), DAYNUM(v.last_on), v.last_on, TODATE(DAYNUM(v.last_on) - 730), v.last_at
FROM v;
UPDATE sweep_visit SET visits = visits - again.more
FROM (
  SELECT patient_id, SUM(visits - 1) AS more
  FROM (
    SELECT s.patient_id, COUNT(*) AS visits
    FROM sweep_scope s CROSS JOIN booking_appointment a
    WHERE a.patient_id = s.patient_id AND a.status = 'completed'
    GROUP BY s.patient_id, a.day HAVING COUNT(*) > 1
  ) days
  GROUP BY patient_id
) again
WHERE again.patient_id = sweep_visit.patient_id;
-- Bills and payments of the two years up to the last visit tell of the same money; the larger sum counts.
INSERT INTO sweep_bill (patient_id, amount)
SELECT s.patient_id, SUM(a.total_kopecks)
FROM sweep_scope s CROSS JOIN sweep_visit v CROSS JOIN booking_appointment a
WHERE v.patient_id = s.patient_id AND a.patient_id = v.patient_id AND a.status = 'completed' AND a.day > v.since_on
GROUP BY s.patient_id;
INSERT INTO sweep_paid (patient_id, amount)
SELECT v.patient_id, SUM(m.amount_kopecks)
FROM WALK_PAYMENTS
WHERE v.patient_id = s.patient_id AND m.patient_id = v.patient_id AND m.paid_on > v.since_on
GROUP BY v.patient_id;
-- What the last day held: nothing but consultations, any prevention.
INSERT INTO sweep_kind (patient_id, consultation, prevention)
SELECT s.patient_id, MIN(c.is_consultation), MAX(c.is_prevention)
FROM sweep_scope s CROSS JOIN sweep_visit v CROSS JOIN booking_appointment a CROSS JOIN booking_appointmentservice l
CROSS JOIN sweep_service c
WHERE v.patient_id = s.patient_id AND a.patient_id = v.patient_id AND a.status = 'completed' AND a.day = v.last_on
  AND l.appointment_id = a.id AND c.service_id = l.service_id
GROUP BY s.patient_id;
-- One pass over the services that start a recall or are chronic. The latest trigger of a group, of several on that day the
-- one that is due first, is one whole number, so that one MAX finds it: day (17 bits, from 1900), due day (18, reversed),
-- interval (14, reversed), months (14, reversed). Where no months are counted only the day differs from visit to visit: the
-- rest of the number stands with the service. Chronic services that start no recall come as group 0.
INSERT INTO sweep_line (patient_id, group_id, packed, chronic)
SELECT patient_id, group_id, packed, chronic
FROM (
  SELECT a.patient_id, CASE WHEN c.interval_days IS NULL THEN 0 ELSE COALESCE(c.target_group, 0) END AS group_id,
    MAX(CASE WHEN c.interval_months IS NULL THEN CAST(DAYNUM(a.day) AS BIGINT) * 70368475742208 + c.started
      ELSE (CAST(DAYNUM(a.day) AS BIGINT) + 25567) * 70368744177664
        + (CAST(262143 - DAYNUM(ADDMONTHS(a.day; c.interval_months)) AS BIGINT) - 25567) * 268435456
        + (16383 - c.interval_days) * 16384 + (16383 - c.interval_months) END) AS packed,
    MAX(c.is_chronic) AS chronic
  FROM WALK_LINES
  WHERE OF_LINES AND a.status = 'completed' AND l.appointment_id = a.id AND c.service_id = l.service_id
    AND (c.interval_days IS NOT NULL OR c.is_chronic = 1)
  GROUP BY a.patient_id, CASE WHEN c.interval_days IS NULL THEN 0 ELSE COALESCE(c.target_group, 0) END
) lines
WHERE EXISTS (SELECT 1 FROM sweep_scope s WHERE s.patient_id = lines.patient_id);
INSERT INTO sweep_cycle (patient_id, group_id, previous_n, calculated_n, interval_days, interval_months)
SELECT patient_id, group_id, packed / 70368744177664 - 25567,
  262143 - 25567 - packed / 268435456 MODULO 262144,
  16383 - packed / 16384 MODULO 16384, NULLIF(16383 - packed MODULO 16384, 0)
FROM sweep_line WHERE group_id <> 0;
INSERT INTO sweep_chronic (patient_id) SELECT DISTINCT patient_id FROM sweep_line WHERE chronic = 1;
INSERT INTO sweep_upcoming (patient_id, starts_at, appointment_id, day_n, has_services, doctor_id)
SELECT s.patient_id, a.starts_at, a.id, DAYNUM(a.day),
  CASE WHEN EXISTS (SELECT 1 FROM booking_appointmentservice l WHERE l.appointment_id = a.id) THEN 1 ELSE 0 END, a.doctor_id
FROM WALK_UPCOMING
WHERE IN_CLINIC AND a.patient_id = s.patient_id AND a.status IN ('planned', 'confirmed', 'arrived')
  AND a.starts_at > %(now)s AND a.vanished_at IS NULL;
-- Who may answer the recall of a group when a booking names no service: doctors chosen for a service in use that belongs to
-- the group. 0 is everybody: a service nobody was chosen for, a group without services. Filled where such a booking is.
INSERT INTO sweep_performer (group_id, doctor_id)
SELECT DISTINCT g.id, COALESCE(d.doctor_id, 0)
FROM clinic_servicegroup g
LEFT JOIN (
  SELECT id, group_id FROM clinic_service WHERE clinic_id = %(clinic)s AND is_active
  UNION SELECT id, triggers_group_id FROM clinic_service WHERE clinic_id = %(clinic)s AND is_active
) c ON c.group_id = g.id
LEFT JOIN booking_serviceneed n ON n.service_id = c.id
LEFT JOIN booking_serviceneed_doctors d ON d.serviceneed_id = n.id
WHERE g.clinic_id = %(clinic)s
  AND EXISTS (SELECT 1 FROM sweep_upcoming u WHERE u.has_services = 0 AND u.doctor_id IS NOT NULL);
INSERT INTO sweep_booking (patient_id, appointment_id, starts_at, day_n)
SELECT patient_id, appointment_id, starts_at, day_n
FROM (
  SELECT u.*, ROW_NUMBER() OVER (PARTITION BY patient_id ORDER BY starts_at, appointment_id) AS place
  FROM sweep_upcoming u
) ranked
WHERE place = 1
