-- Classification: the rules of nextstep.rules.types in their order, the first that matches decides.
INSERT INTO sweep_state (patient_id, branch_id, rule, type, visits, first_n, last_n, last_on, last_at, registered_n,
  booking_id, booking_at, group_id, interval_days, sleeping_days, lost_days, sleeping_n, transition_n, value_kopecks, exemption,
  under_rule, asked_n, ask_group, referred_n, acute, open_n, proposed_n, declined_n, missed_id, missed_n, missed_kind)
WITH facts AS (
  SELECT s.patient_id, s.branch_id, s.registered_n, COALESCE(v.visits, 0) AS visits, v.first_n, v.last_n, v.last_on, v.last_at,
    GREATER(COALESCE(w.amount, 0), COALESCE(q.amount, 0)) AS revenue, COALESCE(k.consultation, 0) AS consultation,
    COALESCE(k.prevention, 0) AS prevention, CASE WHEN h.patient_id IS NULL THEN 0 ELSE 1 END AS chronic,
    b.appointment_id AS booking_id, b.starts_at AS booking_at, b.day_n AS booking_n,
    u.group_id, u.interval_days,
    u.interval_days * CAST(ROUND(g.late_factor * 100) AS INTEGER) / 100 AS late_days,
    CASE WHEN u.interval_days IS NULL THEN %(sleeping_days)s
         ELSE u.interval_days * CAST(ROUND(g.sleeping_factor * 100) AS INTEGER) / 100 END AS sleeping_days,
    CASE WHEN u.interval_days IS NULL THEN %(lost_days)s
         ELSE u.interval_days * CAST(ROUND(g.lost_factor * 100) AS INTEGER) / 100 END AS lost_days,
    a.asked_n, a.group_id AS ask_group, a.ahead_n, COALESCE(e.reason, '') AS exemption, DAYNUM(e.until_on) AS until_n,
    r.referred_n, COALESCE(r.acute, 0) AS acute, p.open_n, p.proposed_n, p.declined_n, p.finished_n,
    m.appointment_id AS missed_id, m.day_n AS missed_n, m.kind AS missed_kind
  FROM sweep_scope s
  LEFT JOIN sweep_visit v ON v.patient_id = s.patient_id
  LEFT JOIN sweep_bill w ON w.patient_id = s.patient_id
  LEFT JOIN sweep_paid q ON q.patient_id = s.patient_id
  LEFT JOIN sweep_kind k ON k.patient_id = s.patient_id
  LEFT JOIN sweep_chronic h ON h.patient_id = s.patient_id
  LEFT JOIN sweep_booking b ON b.patient_id = s.patient_id
  LEFT JOIN sweep_usual u ON u.patient_id = s.patient_id
  LEFT JOIN clinic_servicegroup g ON g.id = u.group_id
  LEFT JOIN sweep_ask a ON a.patient_id = s.patient_id
  LEFT JOIN sweep_plan p ON p.patient_id = s.patient_id
  LEFT JOIN sweep_missed m ON m.patient_id = s.patient_id
  -- An outcome that was taken back exempts nobody, even before its exemption has been ended.
  LEFT JOIN nextstep_exemption e ON e.patient_id = s.patient_id AND e.ended_at IS NULL
    AND (e.until_on IS NULL OR e.until_on > %(today)s)
    AND NOT EXISTS (SELECT 1 FROM worklist_task o WHERE o.id = e.task_id AND o.state = 'open')
  LEFT JOIN (
    SELECT patient_id, DAYNUM(MAX(referred_on)) AS referred_n,
      MAX(CASE WHEN is_acute THEN 1 ELSE 0 END) AS acute
    FROM nextstep_referral WHERE ended_at IS NULL AND clinic_id = %(clinic)s GROUP BY patient_id
  ) r ON r.patient_id = s.patient_id
),
ruled AS (
  SELECT f.*, CASE
    WHEN exemption = 'died' THEN 'left.died'
    WHEN exemption = 'moved' THEN 'left.moved'
    WHEN exemption = 'refused' THEN 'refused.asked'
    WHEN exemption = 'finished' THEN 'treated.finished'
    WHEN referred_n >= COALESCE(last_n, referred_n) AND %(today_n)s - referred_n <= %(referred_days)s
      THEN 'referred.elsewhere'
    WHEN open_n IS NOT NULL AND (booking_id IS NOT NULL OR %(today_n)s - last_n <= %(treatment_pause_days)s
      OR %(today_n)s - open_n <= %(treatment_pause_days)s) THEN 'on_treatment.plan'
    WHEN visits = 0 THEN 'new.no_visit'
    WHEN visits = 1 AND %(today_n)s - last_n <= %(new_days)s THEN 'new.first_visit'
    WHEN booking_id IS NULL AND %(today_n)s - last_n > lost_days
      THEN CASE WHEN interval_days IS NULL THEN 'lost.default' ELSE 'lost.interval' END
    WHEN booking_id IS NULL AND %(today_n)s - last_n > sleeping_days
      THEN CASE WHEN interval_days IS NULL THEN 'sleeping.default' ELSE 'sleeping.interval' END
    WHEN open_n IS NOT NULL THEN 'on_treatment.paused'
    WHEN booking_id IS NULL AND declined_n >= last_n THEN 'refused.plan'
    WHEN chronic = 1 THEN 'chronic.service'
    WHEN booking_id IS NULL AND proposed_n >= last_n AND %(today_n)s - proposed_n > %(not_started_days)s
      THEN 'not_started.plan'
    WHEN booking_id IS NULL AND consultation = 1 AND %(today_n)s - last_n > %(not_started_days)s
      THEN 'not_started.visit'
    WHEN finished_n >= last_n THEN 'treated.plan'
    WHEN prevention = 1 THEN 'prevention.visit'
    WHEN booking_id IS NULL AND %(today_n)s - last_n > late_days THEN 'active.late'
    ELSE 'active.regular' END AS rule
  FROM facts f
)
SELECT patient_id, branch_id, rule, TYPE_OF(rule), visits, first_n, last_n, last_on, last_at, registered_n,
  booking_id, booking_at, group_id, interval_days, sleeping_days, lost_days,
  CASE WHEN booking_id IS NULL AND exemption = '' THEN last_n + sleeping_days + 1 END,
  CASE WHEN exemption <> ''
    THEN NULLIF(LEAST_OF(COALESCE(until_n, 9999999), COALESCE(booking_n, 9999999)), 9999999) ELSE NULLIF(LEAST_OF(
    AHEAD(referred_n + %(referred_days)s + 1), AHEAD(proposed_n + %(not_started_days)s + 1),
    AHEAD(CASE WHEN open_n IS NOT NULL THEN last_n + %(treatment_pause_days)s + 1 END),
    AHEAD(open_n + %(treatment_pause_days)s + 1),
    AHEAD(CASE WHEN visits = 1 THEN last_n + %(new_days)s + 1 END),
    AHEAD(CASE WHEN consultation = 1 THEN last_n + %(not_started_days)s + 1 END),
    AHEAD(last_n + late_days + 1), AHEAD(last_n + sleeping_days + 1), AHEAD(last_n + lost_days + 1), AHEAD(ahead_n),
    COALESCE(booking_n, 9999999)), 9999999) END,
  CASE WHEN revenue <= 0 THEN %(newcomer_value_kopecks)s
       ELSE revenue * 365 / LEAST_OF(GREATER(last_n - first_n, 365), 730) / 100 * 100 END,
  exemption,
  CASE WHEN exemption <> '' THEN 0 WHEN visits > 0 THEN 1 WHEN EXISTS (
    SELECT 1 FROM patients_contact c WHERE c.patient_id = ruled.patient_id AND c.reach NOT IN ('wrong', 'invalid'))
    THEN 1 ELSE 0 END,
  asked_n, ask_group, referred_n, acute, open_n, proposed_n, declined_n, missed_id, missed_n, missed_kind
FROM ruled
