-- Whom a sweep would change in any way: the others need not be looked at under a lock. Those who need a task come first, the
-- stock before fresh causes, as they are placed on the days.
SELECT patient_id FROM (
  SELECT patient_id, CASE WHEN is_stock = 1 THEN 0 ELSE 1 END AS turn, due_n, -stake_kopecks AS dearest
  FROM sweep_need WHERE open_task_id IS NULL
  UNION ALL SELECT patient_id, 2, 0, 0 FROM (
    SELECT t.patient_id FROM worklist_task t CROSS JOIN sweep_need n WHERE t.id IN (SELECT open_task_id FROM sweep_need)
      AND n.patient_id = t.patient_id AND n.open_task_id = t.id AND RAISED
    UNION SELECT z.patient_id FROM sweep_state z LEFT JOIN nextstep_patientstate o ON o.patient_id = z.patient_id
      WHERE STATE_DIFFERS
    UNION SELECT patient_id FROM sweep_recall WHERE is_stale = 1 OR right_id IS DISTINCT FROM was_id
    UNION SELECT r.patient_id FROM sweep_scope s CROSS JOIN nextstep_recall r
      WHERE r.patient_id = s.patient_id AND NOT EXISTS (
        SELECT 1 FROM sweep_cycle c WHERE c.patient_id = r.patient_id AND c.group_id = r.group_id)
    UNION SELECT t.patient_id FROM worklist_task t WHERE t.id IN (SELECT task_id FROM sweep_close)
    UNION SELECT e.patient_id FROM nextstep_exemption e
      WHERE e.clinic_id = %(clinic)s AND e.ended_at IS NULL AND e.until_on <= %(today)s
    UNION SELECT o.patient_id FROM patients_patient p CROSS JOIN nextstep_patientstate o
      WHERE p.clinic_id = %(clinic)s AND (p.merged_into_id IS NOT NULL OR p.erased_at IS NOT NULL) AND o.patient_id = p.id
  ) others
) found
ORDER BY turn, due_n, dearest, patient_id
