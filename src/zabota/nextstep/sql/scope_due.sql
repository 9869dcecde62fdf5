-- Cards that time alone may have changed, and cards never looked at.
INSERT INTO sweep_scope (patient_id, branch_id, registered_n)
SELECT p.id, p.branch_id, DAYNUM(p.registered_on) FROM patients_patient p
WHERE p.clinic_id = %(clinic)s AND p.merged_into_id IS NULL AND p.erased_at IS NULL AND p.id IN (
  SELECT s.patient_id FROM nextstep_patientstate s
  WHERE s.clinic_id = %(clinic)s AND s.next_transition_on <= %(today)s
  UNION
  SELECT q.id FROM patients_patient q LEFT JOIN nextstep_patientstate s ON s.patient_id = q.id
  WHERE q.clinic_id = %(clinic)s AND s.patient_id IS NULL
    -- Nobody is looked for where cards in use, and cards out of use that still have a type, are as many as types.
    AND (SELECT SUM(CASE WHEN (c.merged_into_id IS NULL AND c.erased_at IS NULL)
        OR EXISTS (SELECT 1 FROM nextstep_patientstate o WHERE o.patient_id = c.id) THEN 1 ELSE 0 END)
      FROM patients_patient c WHERE c.clinic_id = %(clinic)s)
      > (SELECT COUNT(*) FROM nextstep_patientstate o WHERE o.clinic_id = %(clinic)s)
)
