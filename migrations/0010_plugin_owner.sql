-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A plugin's id belongs to whoever brought it first: one publisher cannot offer a version in
-- another's line. An id is handed over on purpose only, and every hand-over stays on record.

-- +goose Up

-- Whose each id is, and was: the row with the highest revision counts, none is ever changed.
CREATE TABLE plugin_owner (
    network_id uuid NOT NULL REFERENCES network (id),
    plugin_id  text NOT NULL CHECK (plugin_id ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'),
    -- 1 for who came first, one more with each hand-over.
    revision   bigint NOT NULL CHECK (revision > 0),
    -- The publisher's key; null for the installation itself.
    key_id     text,
    since      timestamptz NOT NULL,
    -- Who handed it over, and why; empty for who came first.
    actor_name text NOT NULL DEFAULT '',
    reason     text NOT NULL DEFAULT '',
    PRIMARY KEY (network_id, plugin_id, revision),
    FOREIGN KEY (network_id, key_id) REFERENCES publisher (network_id, key_id),
    CHECK (revision = 1 OR (key_id IS NOT NULL AND actor_name <> '' AND reason <> ''))
);

-- Ids that are there already: the installation's where it brought a version; else of the
-- publisher whose version was the first that the network approved, or was there first. The
-- owner of the tables reads no row of theirs otherwise.
ALTER TABLE plugin_version NO FORCE ROW LEVEL SECURITY;
INSERT INTO plugin_owner (network_id, plugin_id, revision, key_id, since)
SELECT DISTINCT ON (network_id, plugin_id) network_id, plugin_id, 1, nullif(key_id, ''), submitted_at
FROM plugin_version
ORDER BY network_id, plugin_id, key_id = '' DESC, state IN ('approved', 'suspended') DESC, submitted_at, version;
ALTER TABLE plugin_version FORCE ROW LEVEL SECURITY;

ALTER TABLE plugin_owner ENABLE ROW LEVEL SECURITY;
ALTER TABLE plugin_owner FORCE ROW LEVEL SECURITY;
CREATE POLICY plugin_owner_lead ON plugin_owner TO satis_lead
    USING (network_id = current_setting('satis.network')::uuid)
    WITH CHECK (network_id = current_setting('satis.network')::uuid);
CREATE POLICY plugin_owner_system ON plugin_owner TO satis_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT ON plugin_owner TO satis_lead, satis_system;

-- +goose StatementBegin
-- Demands that an id goes from one publisher to another whom the network believes now. SAT22
-- where it skips a step, is the installation's, or would go to somebody not believed.
CREATE FUNCTION check_plugin_owner() RETURNS trigger LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
DECLARE before text;
BEGIN
    IF NEW.revision > 1 THEN
        SELECT o.key_id INTO before FROM plugin_owner o
        WHERE o.network_id = NEW.network_id AND o.plugin_id = NEW.plugin_id AND o.revision = NEW.revision - 1;
        IF before IS NULL THEN
            RAISE EXCEPTION 'not a publisher''s to hand over' USING ERRCODE = 'SAT22';
        END IF;
    END IF;
    IF NEW.key_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM publisher p WHERE p.network_id = NEW.network_id AND p.key_id = NEW.key_id AND p.withdrawn_at IS NULL) THEN
        RAISE EXCEPTION 'not to who is not believed' USING ERRCODE = 'SAT22';
    END IF;
    RETURN NEW;
END $$;

-- Demands that a version is its plugin's present owner's when it comes in and when it is
-- approved: SAT22 otherwise.
CREATE FUNCTION check_plugin_version() RETURNS trigger LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
DECLARE owner plugin_owner;
BEGIN
    SELECT * INTO owner FROM plugin_owner o
    WHERE o.network_id = NEW.network_id AND o.plugin_id = NEW.plugin_id ORDER BY o.revision DESC LIMIT 1;
    IF NOT FOUND OR coalesce(owner.key_id, '') <> NEW.key_id THEN
        RAISE EXCEPTION 'not the owner''s version' USING ERRCODE = 'SAT22';
    END IF;
    RETURN NEW;
END $$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION check_plugin_owner, check_plugin_version FROM PUBLIC;
CREATE TRIGGER plugin_owner_follows BEFORE INSERT ON plugin_owner FOR EACH ROW EXECUTE FUNCTION check_plugin_owner();
CREATE TRIGGER plugin_version_owned BEFORE INSERT ON plugin_version FOR EACH ROW EXECUTE FUNCTION check_plugin_version();
CREATE TRIGGER plugin_version_admitted BEFORE UPDATE OF state ON plugin_version FOR EACH ROW
    WHEN (NEW.state = 'approved' AND OLD.state IN ('verified', 'conformant')) EXECUTE FUNCTION check_plugin_version();
