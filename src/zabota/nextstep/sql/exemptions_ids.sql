-- A refusal for a time for the cards named is over on its day.
UPDATE nextstep_exemption SET ended_at = %(now)s
WHERE clinic_id = %(clinic)s AND ended_at IS NULL AND until_on <= %(today)s
  AND IN_IDS(patient_id)
RETURNING id, patient_id, until_on
