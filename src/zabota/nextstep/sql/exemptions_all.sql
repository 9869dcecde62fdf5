-- A refusal for a time is over on its day: the patient is back in the rule from this sweep on.
UPDATE nextstep_exemption SET ended_at = %(now)s
WHERE clinic_id = %(clinic)s AND ended_at IS NULL AND until_on <= %(today)s
RETURNING id, patient_id, until_on
