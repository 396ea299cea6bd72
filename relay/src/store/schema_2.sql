-- Several deliveries in one message: those that `merged_into` names are told by that one, and end as it ends. Set
-- while that message is under way, and kept when it has arrived.
ALTER TABLE deliveries ADD COLUMN merged_into INTEGER;

DROP INDEX deliveries_next;
CREATE INDEX deliveries_next ON deliveries (channel, priority DESC, id) WHERE state = 'pending' AND merged_into IS NULL;
CREATE INDEX deliveries_merged ON deliveries (merged_into) WHERE merged_into IS NOT NULL;
