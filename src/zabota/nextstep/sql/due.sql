-- The same as ids alone, for a clinic that is looked at by portions.
SELECT p.id FROM patients_patient p
WHERE p.clinic_id = %(clinic)s AND p.merged_into_id IS NULL AND p.erased_at IS NULL AND p.id IN (DUE_IDS)
ORDER BY p.id
