-- What the page asks for: the last messages of one channel, the last reports, and dead letters. Few rows are in the
-- latter two, so that notifications of alerts pay for the first one alone.
CREATE INDEX deliveries_shown ON deliveries (channel, id) WHERE merged_into IS NULL;
CREATE INDEX notifications_of_reports ON notifications (id) WHERE kind = 'report';
CREATE INDEX deliveries_dead ON deliveries (finished_at, id) WHERE state = 'dead';
