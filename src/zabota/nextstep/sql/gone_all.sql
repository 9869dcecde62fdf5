-- Cards that were merged into another or erased keep no type.
DELETE FROM nextstep_patientstate WHERE patient_id IN (
  SELECT p.id FROM patients_patient p
  WHERE p.clinic_id = %(clinic)s AND (p.merged_into_id IS NOT NULL OR p.erased_at IS NOT NULL))
