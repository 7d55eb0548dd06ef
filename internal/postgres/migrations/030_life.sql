-- When the receiving service reported that a notification has arrived at the
-- citizen; NULL: it has not, or does not report. One that it reports as not
-- delivered becomes failed, with its reason.
ALTER TABLE notification ADD COLUMN delivered_at timestamptz;
-- Reports name the service's own number; the receipt's notifications stand on
-- the page of its case.
CREATE INDEX notification_proof ON notification (proof) WHERE proof <> '';
CREATE INDEX notification_receipt ON notification (receipt);
