-- A trigger that was voided leaves no recall behind.
DELETE FROM nextstep_recall
WHERE patient_id IN (SELECT patient_id FROM sweep_scope)
  AND NOT EXISTS (SELECT 1 FROM sweep_cycle c
    WHERE c.patient_id = nextstep_recall.patient_id AND c.group_id = nextstep_recall.group_id);
INSERT INTO nextstep_recall (patient_id, clinic_id, group_id, previous_on, interval_days, interval_months, calculated_on,
  overridden_on, override_reason, snoozed_until, any_visit_counts, booked_id, is_disabled, disabled_reason, updated_at)
SELECT d.patient_id, %(clinic)s, d.group_id, TODATE(d.previous_n), d.interval_days, d.interval_months,
  TODATE(d.calculated_n), NULL, '', NULL, FALSE, d.right_id, FALSE, '', %(now)s
FROM sweep_recall d WHERE d.is_stale = 1
ON CONFLICT (patient_id, group_id) DO UPDATE SET
  overridden_on = CASE WHEN nextstep_recall.previous_on = excluded.previous_on THEN nextstep_recall.overridden_on END,
  override_reason = CASE WHEN nextstep_recall.previous_on = excluded.previous_on THEN nextstep_recall.override_reason
    ELSE '' END,
  previous_on = excluded.previous_on, interval_days = excluded.interval_days,
  interval_months = excluded.interval_months, calculated_on = excluded.calculated_on, updated_at = excluded.updated_at;
UPDATE nextstep_recall SET booked_id = (SELECT d.right_id FROM sweep_recall d
  WHERE d.patient_id = nextstep_recall.patient_id AND d.group_id = nextstep_recall.group_id)
WHERE id IN (SELECT recall_id FROM sweep_recall WHERE right_id IS DISTINCT FROM was_id)
