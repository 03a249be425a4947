-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The plugins of partner agencies: who publishes them, each version's way from the upload to
-- use, for which organisations it is active; and what their catalogs bring: editions of
-- courses, with the seats and the enrolments that the core alone counts.

-- +goose Up

-- Whose signature a network believes.
CREATE TABLE publisher (
    network_id   uuid NOT NULL REFERENCES network (id),
    -- The first 16 hex digits of the hash of the key.
    key_id       text NOT NULL CHECK (key_id ~ '^[0-9a-f]{16}$'),
    name         text NOT NULL,
    public_key   bytea NOT NULL CHECK (length(public_key) = 32),
    added_by     uuid NOT NULL,
    added_at     timestamptz NOT NULL,
    withdrawn_at timestamptz,
    PRIMARY KEY (network_id, key_id)
);

-- The files, by their content. They are kept for as long as a decision may have to be replayed.
CREATE TABLE plugin_file (
    network_id    uuid NOT NULL REFERENCES network (id),
    sha256        text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    -- A pack as it was uploaded, or the bare binary of a plugin that came with the installation.
    packed        boolean NOT NULL,
    content       bytea NOT NULL,
    -- Of the binary that this installation runs: what decisions name.
    binary_sha256 text NOT NULL,
    manifest      jsonb NOT NULL,
    stored_at     timestamptz NOT NULL,
    PRIMARY KEY (network_id, sha256)
);
ALTER TABLE plugin_file ALTER COLUMN content SET STORAGE EXTERNAL; -- packs are compressed already
CREATE INDEX plugin_file_binary ON plugin_file (network_id, binary_sha256);

CREATE TABLE plugin_version (
    network_id   uuid NOT NULL,
    plugin_id    text NOT NULL CHECK (plugin_id ~ '^[a-z][a-z0-9]*(-[a-z0-9]+)*$'),
    version      text NOT NULL,
    sha256       text NOT NULL,
    agency       text NOT NULL,
    -- Who signed it; empty for what came with the installation.
    publisher    text NOT NULL,
    key_id       text NOT NULL DEFAULT '',
    state        text NOT NULL CHECK (state IN ('verified', 'conformant', 'approved', 'suspended', 'revoked')),
    -- What the conformance kit found when it last ran, and when.
    findings     jsonb NOT NULL DEFAULT '[]',
    checked_at   timestamptz,
    -- What the last shadow run told, and when.
    shadow       jsonb,
    revision     bigint NOT NULL DEFAULT 1,
    submitted_at timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (network_id, plugin_id, version),
    FOREIGN KEY (network_id, sha256) REFERENCES plugin_file (network_id, sha256)
);

-- Which version every organisation uses that has no line of its own; empty for none.
CREATE TABLE plugin_default (
    network_id uuid NOT NULL REFERENCES network (id),
    plugin_id  text NOT NULL,
    version    text NOT NULL DEFAULT '',
    PRIMARY KEY (network_id, plugin_id)
);

-- An organisation's own line: a version, pinned or not, or none.
CREATE TABLE plugin_activation (
    tenant_id    uuid NOT NULL,
    plugin_id    text NOT NULL,
    network_id   uuid NOT NULL,
    -- Empty: not active here, whatever is active everywhere. An asterisk: as everywhere.
    version      text NOT NULL,
    -- A pinned version stays when another becomes active everywhere.
    pinned       boolean NOT NULL DEFAULT false,
    activated_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, plugin_id),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id)
);

-- What was done to a version, by whom and why.
CREATE TABLE plugin_step (
    network_id uuid NOT NULL,
    plugin_id  text NOT NULL,
    version    text NOT NULL,
    id         uuid NOT NULL,
    step       text NOT NULL CHECK (step IN ('bundled', 'submitted', 'checked', 'approved', 'shadowed', 'activated', 'deactivated', 'suspended', 'resumed', 'revoked')),
    -- Empty for the installation itself.
    actor_name text NOT NULL,
    reason     text NOT NULL DEFAULT '',
    -- Codes and counts only.
    detail     jsonb NOT NULL DEFAULT '{}',
    at         timestamptz NOT NULL,
    PRIMARY KEY (network_id, plugin_id, version, id),
    FOREIGN KEY (network_id, plugin_id, version) REFERENCES plugin_version (network_id, plugin_id, version)
);

CREATE TABLE course_edition (
    network_id    uuid NOT NULL REFERENCES network (id),
    catalog       text NOT NULL,
    edition_id    text NOT NULL,
    plugin_id     text NOT NULL,
    edition       jsonb NOT NULL,
    -- Its words without case and accents, a blank before each: what a search looks at.
    words         text NOT NULL,
    area          text NOT NULL,
    istat_code    text NOT NULL,
    municipality  text NOT NULL,
    starts_on     date NOT NULL,
    ends_on       date NOT NULL,
    -- The last day to enrol.
    enrol_by      date NOT NULL,
    seats         integer NOT NULL CHECK (seats > 0),
    -- Counted by the trigger below, never written otherwise.
    taken         integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    -- It was in no later import: nobody enrols any more, and who did stays.
    withdrawn_at  timestamptz,
    imported_at   timestamptz NOT NULL,
    PRIMARY KEY (network_id, catalog, edition_id)
);
CREATE INDEX course_edition_list ON course_edition (network_id, starts_on, catalog, edition_id);

CREATE TABLE enrolment (
    tenant_id        uuid NOT NULL,
    id               uuid NOT NULL,
    network_id       uuid NOT NULL,
    project_id       uuid NOT NULL,
    catalog          text NOT NULL,
    edition_id       text NOT NULL,
    -- The intervention of the plan it is for; empty for none.
    intervention_key text NOT NULL DEFAULT '',
    -- The prerequisites that the operator found to be there.
    prerequisites    text[] NOT NULL DEFAULT '{}',
    status           text NOT NULL DEFAULT 'enrolled' CHECK (status IN ('enrolled', 'cancelled')),
    reason           text NOT NULL DEFAULT '',
    revision         bigint NOT NULL DEFAULT 1,
    enrolled_by      uuid NOT NULL,
    enrolled_at      timestamptz NOT NULL,
    cancelled_by     uuid,
    cancelled_at     timestamptz,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id),
    FOREIGN KEY (network_id, catalog, edition_id) REFERENCES course_edition (network_id, catalog, edition_id),
    CHECK ((status = 'cancelled') = (cancelled_at IS NOT NULL))
);
CREATE UNIQUE INDEX enrolment_once ON enrolment (tenant_id, project_id, catalog, edition_id) WHERE status = 'enrolled';
CREATE INDEX enrolment_edition ON enrolment (tenant_id, catalog, edition_id);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['publisher', 'plugin_file', 'plugin_version', 'plugin_default', 'plugin_activation', 'plugin_step', 'course_edition', 'enrolment'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    END LOOP;
    -- The lead agency admits plugins and imports courses, in its network.
    FOREACH t IN ARRAY ARRAY['publisher', 'plugin_file', 'plugin_version', 'plugin_default', 'plugin_activation', 'plugin_step', 'course_edition'] LOOP
        EXECUTE format($p$CREATE POLICY %I ON %I TO satis_lead
            USING (network_id = current_setting('satis.network')::uuid)
            WITH CHECK (network_id = current_setting('satis.network')::uuid)$p$, t || '_lead', t);
    END LOOP;
    -- What is in force is loaded with the policy, and the plugins of the installation entered, for every network.
    FOREACH t IN ARRAY ARRAY['plugin_file', 'plugin_version', 'plugin_default', 'plugin_activation', 'plugin_step'] LOOP
        EXECUTE format('CREATE POLICY %I ON %I TO satis_system USING (true) WITH CHECK (true)', t || '_system', t);
    END LOOP;
END $$;
-- +goose StatementEnd

GRANT SELECT, INSERT ON publisher, plugin_file, plugin_version, plugin_default, plugin_activation, plugin_step TO satis_lead;
GRANT UPDATE (name, withdrawn_at) ON publisher TO satis_lead;
GRANT UPDATE (state, findings, checked_at, shadow, revision, updated_at) ON plugin_version TO satis_lead;
GRANT UPDATE (version) ON plugin_default TO satis_lead;
GRANT UPDATE (version, pinned, activated_at) ON plugin_activation TO satis_lead;
GRANT SELECT, INSERT ON plugin_file, plugin_version, plugin_default, plugin_step TO satis_system;
GRANT SELECT ON plugin_activation TO satis_system;
GRANT UPDATE (sha256, agency, updated_at) ON plugin_version TO satis_system;
GRANT UPDATE (version) ON plugin_default TO satis_system;

-- Editions are read by all who enrol, in their network.
CREATE POLICY course_edition_members ON course_edition FOR SELECT TO satis_entity, satis_services
    USING (network_id = current_setting('satis.network')::uuid);
GRANT SELECT ON course_edition TO satis_entity, satis_services, satis_lead;
GRANT INSERT (network_id, catalog, edition_id, plugin_id, edition, words, area, istat_code, municipality, starts_on, ends_on, enrol_by, seats, imported_at)
    ON course_edition TO satis_lead;
GRANT UPDATE (plugin_id, edition, words, area, istat_code, municipality, starts_on, ends_on, enrol_by, seats, withdrawn_at, imported_at)
    ON course_edition TO satis_lead;

-- An enrolment is the entity's; the social service sees those of the projects shared with it.
CREATE POLICY enrolment_entity ON enrolment TO satis_entity
    USING (tenant_id = current_setting('satis.tenant')::uuid)
    WITH CHECK (tenant_id = current_setting('satis.tenant')::uuid AND network_id = current_setting('satis.network')::uuid);
CREATE POLICY enrolment_services ON enrolment FOR SELECT TO satis_services
    USING (EXISTS (SELECT 1 FROM project p WHERE p.tenant_id = enrolment.tenant_id AND p.id = enrolment.project_id));
GRANT SELECT, INSERT ON enrolment TO satis_entity;
GRANT SELECT ON enrolment TO satis_services;
GRANT UPDATE (status, reason, revision, cancelled_by, cancelled_at) ON enrolment TO satis_entity;

-- The functions below count seats and move the policy, as their owner: one network, never two.
CREATE POLICY course_edition_owner ON course_edition TO satis_owner
    USING (network_id = current_setting('satis.network')::uuid) WITH CHECK (network_id = current_setting('satis.network')::uuid);

-- +goose StatementBegin
-- Takes a seat, or gives one back. The row of the edition is locked: of two who want the last
-- seat the second waits, and gets SAT20.
CREATE FUNCTION count_seat() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF OLD.status = 'enrolled' AND NEW.status = 'cancelled' THEN
            UPDATE course_edition e SET taken = e.taken - 1
            WHERE e.network_id = NEW.network_id AND e.catalog = NEW.catalog AND e.edition_id = NEW.edition_id;
        ELSIF OLD.status <> NEW.status THEN
            RAISE EXCEPTION 'who was cancelled enrols anew' USING ERRCODE = 'SAT21';
        END IF;
        RETURN NULL;
    END IF;
    UPDATE course_edition e SET taken = e.taken + 1
    WHERE e.network_id = NEW.network_id AND e.catalog = NEW.catalog AND e.edition_id = NEW.edition_id
      AND e.taken < e.seats AND e.withdrawn_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no seat is left' USING ERRCODE = 'SAT20';
    END IF;
    RETURN NULL;
END $$;

-- Counts the policy's version up because plugins changed, where it is still the one that was
-- decided under (else SAT01), for a member of the lead agency who administers plugins.
CREATE FUNCTION plugins_moved(decided bigint, actor uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    IF acting_kind() <> 'lead_agency' OR NOT EXISTS (
        SELECT 1 FROM member m WHERE m.tenant_id = current_setting('satis.tenant')::uuid AND m.user_id = actor AND m.suspended_at IS NULL
           AND m.role = 'plugin_admin') THEN
        RAISE EXCEPTION 'not for this user' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
END $$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION count_seat, plugins_moved FROM PUBLIC;
GRANT EXECUTE ON FUNCTION plugins_moved TO satis_lead;
CREATE TRIGGER enrolment_seat AFTER INSERT OR UPDATE ON enrolment FOR EACH ROW EXECUTE FUNCTION count_seat();
