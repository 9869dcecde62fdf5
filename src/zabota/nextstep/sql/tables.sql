-- Working tables of a sweep: made once for a connection, emptied before and after each sweep.
-- Days are whole numbers since 1970-01-01, so that arithmetic is the same everywhere.
CREATE TEMP TABLE IF NOT EXISTS sweep_scope (patient_id KEYTYPE PRIMARY KEY, branch_id BIGINT, registered_n INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_service (service_id KEYTYPE PRIMARY KEY, own_group BIGINT, target_group BIGINT,
  interval_days INTEGER, interval_months INTEGER, is_consultation INTEGER, is_prevention INTEGER, is_chronic INTEGER,
  started BIGINT);
CREATE TEMP TABLE IF NOT EXISTS sweep_visit (patient_id KEYTYPE PRIMARY KEY, visits INTEGER, first_n INTEGER, last_n INTEGER,
  last_on DATE, since_on DATE, last_at TIMESTAMPTZ);
CREATE TEMP TABLE IF NOT EXISTS sweep_bill (patient_id KEYTYPE PRIMARY KEY, amount BIGINT);
CREATE TEMP TABLE IF NOT EXISTS sweep_paid (patient_id KEYTYPE PRIMARY KEY, amount BIGINT);
CREATE TEMP TABLE IF NOT EXISTS sweep_line (patient_id BIGINT, group_id BIGINT, packed BIGINT, chronic INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_chronic (patient_id KEYTYPE PRIMARY KEY);
CREATE TEMP TABLE IF NOT EXISTS sweep_kind (patient_id KEYTYPE PRIMARY KEY, consultation INTEGER,
  prevention INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_cycle (patient_id BIGINT, group_id BIGINT, previous_n INTEGER,
  calculated_n INTEGER, interval_days INTEGER, interval_months INTEGER, PRIMARY KEY (patient_id, group_id)) BYKEY;
CREATE TEMP TABLE IF NOT EXISTS sweep_upcoming (patient_id BIGINT, starts_at TIMESTAMPTZ, appointment_id BIGINT, day_n INTEGER,
  has_services INTEGER, doctor_id BIGINT, PRIMARY KEY (patient_id, starts_at, appointment_id)) BYKEY;
CREATE TEMP TABLE IF NOT EXISTS sweep_performer (group_id BIGINT, doctor_id BIGINT, PRIMARY KEY (group_id, doctor_id)) BYKEY;
CREATE TEMP TABLE IF NOT EXISTS sweep_booking (patient_id KEYTYPE PRIMARY KEY, appointment_id BIGINT, starts_at TIMESTAMPTZ, day_n INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_recall (patient_id BIGINT, group_id BIGINT, recall_id BIGINT, previous_n INTEGER,
  interval_days INTEGER, interval_months INTEGER, calculated_n INTEGER, asked_n INTEGER, is_live INTEGER, is_stale INTEGER,
  right_id BIGINT, was_id BIGINT,
  PRIMARY KEY (patient_id, group_id)) BYKEY;
CREATE TEMP TABLE IF NOT EXISTS sweep_usual (patient_id KEYTYPE PRIMARY KEY, group_id BIGINT, interval_days INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_ask (patient_id KEYTYPE PRIMARY KEY, group_id BIGINT, asked_n INTEGER, ahead_n INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_plan (patient_id KEYTYPE PRIMARY KEY, open_n INTEGER, proposed_n INTEGER, declined_n INTEGER,
  finished_n INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_missed (patient_id KEYTYPE PRIMARY KEY, appointment_id BIGINT, day_n INTEGER, kind TEXT);
CREATE TEMP TABLE IF NOT EXISTS sweep_state (patient_id KEYTYPE PRIMARY KEY, branch_id BIGINT, rule TEXT, type TEXT, visits INTEGER,
  first_n INTEGER, last_n INTEGER, last_on DATE, last_at TIMESTAMPTZ, registered_n INTEGER, booking_id BIGINT, booking_at TIMESTAMPTZ,
  group_id BIGINT, interval_days INTEGER, sleeping_days INTEGER, lost_days INTEGER, sleeping_n INTEGER,
  transition_n INTEGER, value_kopecks BIGINT, exemption TEXT, under_rule INTEGER, asked_n INTEGER, ask_group BIGINT,
  referred_n INTEGER, acute INTEGER, open_n INTEGER, proposed_n INTEGER, declined_n INTEGER,
  missed_id BIGINT, missed_n INTEGER, missed_kind TEXT);
CREATE TEMP TABLE IF NOT EXISTS sweep_open (patient_id BIGINT, task_id BIGINT, reason TEXT, due_at TIMESTAMPTZ, version INTEGER,
  is_ours INTEGER, appointment_id BIGINT, is_known INTEGER, known_visit_at TIMESTAMPTZ, PRIMARY KEY (patient_id, task_id)) BYKEY;
CREATE TEMP TABLE IF NOT EXISTS sweep_close (task_id KEYTYPE PRIMARY KEY, outcome TEXT, outcome_reason TEXT, appointment_id BIGINT);
CREATE TEMP TABLE IF NOT EXISTS sweep_need (patient_id KEYTYPE PRIMARY KEY, branch_id BIGINT, booking_id BIGINT, open_task_id BIGINT,
  reason TEXT, cause_n INTEGER, due_n INTEGER, hidden_n INTEGER, summary TEXT, value_kopecks BIGINT, chance INTEGER,
  stake_kopecks BIGINT, appointment_id BIGINT, dedupe_key TEXT, is_stock INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_member (branch_id BIGINT, member_id BIGINT, capacity INTEGER);
CREATE TEMP TABLE IF NOT EXISTS sweep_team (branch_id KEYTYPE PRIMARY KEY, team_id BIGINT);
CREATE TEMP TABLE IF NOT EXISTS sweep_wheel (team_id BIGINT, slot INTEGER, member_id BIGINT, PRIMARY KEY (team_id, slot));
CREATE TEMP TABLE IF NOT EXISTS sweep_pool (team_id KEYTYPE PRIMARY KEY, capacity INTEGER, backlog BIGINT, turn BIGINT,
  stock INTEGER, fresh INTEGER)
