-- Cards that time alone may have changed, and cards never looked at.
INSERT INTO sweep_scope (patient_id, branch_id, registered_n)
SELECT p.id, p.branch_id, DAYNUM(p.registered_on) FROM patients_patient p
WHERE p.clinic_id = %(clinic)s AND p.merged_into_id IS NULL AND p.erased_at IS NULL AND p.id IN (DUE_IDS)
