-- The cards named, as far as they are in use.
INSERT INTO sweep_scope (patient_id, branch_id, registered_n)
SELECT id, branch_id, DAYNUM(registered_on) FROM patients_patient
WHERE clinic_id = %(clinic)s AND IN_IDS(id) AND merged_into_id IS NULL AND erased_at IS NULL
