-- The same for the cards named, which are of one clinic.
DELETE FROM nextstep_patientstate WHERE patient_id IN (
  SELECT id FROM patients_patient WHERE IN_IDS(id) AND (merged_into_id IS NOT NULL OR erased_at IS NOT NULL))
