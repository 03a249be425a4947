-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Drafts of a network's policy. The lead agency writes drafts; a version comes into force by
-- one function only, which a second administrator calls.

-- +goose Up

CREATE TABLE policy_draft (
    network_id        uuid NOT NULL REFERENCES network (id),
    id                uuid NOT NULL,
    -- The version it was begun from: where another came into force since, it cannot be published.
    base_version      bigint NOT NULL,
    rules             text NOT NULL,
    reason            text NOT NULL,
    author_id         uuid NOT NULL REFERENCES app_user (id),
    state             text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'submitted', 'sent_back', 'published')),
    -- Counts every change: what the reviewer read is what comes into force.
    revision          bigint NOT NULL DEFAULT 1,
    reviewer_id       uuid REFERENCES app_user (id),
    -- Why it was sent back.
    note              text NOT NULL DEFAULT '',
    published_version bigint,
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (network_id, id),
    FOREIGN KEY (network_id, base_version) REFERENCES policy_version (network_id, version),
    FOREIGN KEY (network_id, published_version) REFERENCES policy_version (network_id, version),
    CHECK (reviewer_id IS DISTINCT FROM author_id),
    CHECK ((state = 'published') = (published_version IS NOT NULL))
);
CREATE INDEX policy_draft_list ON policy_draft (network_id, updated_at DESC, id DESC);

ALTER TABLE policy_draft ENABLE ROW LEVEL SECURITY;
ALTER TABLE policy_draft FORCE ROW LEVEL SECURITY;

-- The lead agency moves a draft through every state but the last, and never changes its author.
CREATE POLICY draft_read ON policy_draft FOR SELECT TO satis_lead
    USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY draft_begin ON policy_draft FOR INSERT TO satis_lead
    WITH CHECK (network_id = current_setting('satis.network')::uuid AND state = 'draft' AND reviewer_id IS NULL);
-- A published draft passes USING, so that it can be read and locked, and then no change of it
-- passes the check here or the table's own.
CREATE POLICY draft_change ON policy_draft FOR UPDATE TO satis_lead
    USING (network_id = current_setting('satis.network')::uuid)
    WITH CHECK (network_id = current_setting('satis.network')::uuid AND state <> 'published');
GRANT SELECT ON policy_draft TO satis_lead;
GRANT INSERT (network_id, id, base_version, rules, reason, author_id, created_at, updated_at) ON policy_draft TO satis_lead;
GRANT UPDATE (base_version, rules, reason, state, revision, reviewer_id, note, updated_at) ON policy_draft TO satis_lead;

-- What the functions below reach, as their owner: one network, never two.
CREATE POLICY draft_owner ON policy_draft TO satis_owner
    USING (network_id = current_setting('satis.network')::uuid) WITH CHECK (network_id = current_setting('satis.network')::uuid);
CREATE POLICY version_owner ON policy_version TO satis_owner
    USING (network_id = current_setting('satis.network')::uuid) WITH CHECK (network_id = current_setting('satis.network')::uuid);
CREATE POLICY head_owner ON policy_head TO satis_owner
    USING (network_id = current_setting('satis.network')::uuid) WITH CHECK (network_id = current_setting('satis.network')::uuid);
CREATE POLICY tenant_owner ON tenant FOR SELECT TO satis_owner USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY member_owner ON member FOR SELECT TO satis_owner USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY entry_owner_read ON audit_entry FOR SELECT TO satis_owner
    USING (tenant_id IN (SELECT t.id FROM tenant t WHERE t.network_id = current_setting('satis.network')::uuid));

-- +goose StatementBegin
-- Puts a submitted draft into force as the network's next version. SAT02: the publisher is
-- its author, or nobody of the lead agency. SAT03: it is not what the publisher read. SAT04:
-- another version came into force since it was begun.
CREATE FUNCTION publish_policy(draft uuid, seen bigint, publisher uuid, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE
    n uuid := current_setting('satis.network')::uuid;
    h policy_head;
    d policy_draft;
    before bytea;
    number bigint;
BEGIN
    SELECT * INTO STRICT h FROM policy_head WHERE network_id = n FOR UPDATE;
    SELECT * INTO d FROM policy_draft WHERE network_id = n AND id = draft FOR UPDATE;
    IF d.id IS NULL OR d.state <> 'submitted' OR d.revision <> seen THEN
        RAISE EXCEPTION 'the draft is not what was read' USING ERRCODE = 'SAT03';
    END IF;
    IF d.author_id = publisher OR NOT EXISTS (
        SELECT 1 FROM member m JOIN tenant t ON t.id = m.tenant_id
        WHERE t.id = current_setting('satis.tenant')::uuid AND t.network_id = n AND t.kind = 'lead_agency'
          AND t.status = 'active' AND m.user_id = publisher) THEN
        RAISE EXCEPTION 'a second administrator of the lead agency publishes' USING ERRCODE = 'SAT02';
    END IF;
    IF d.base_version <> h.rules_version THEN
        RAISE EXCEPTION 'version % is in force, not %', h.rules_version, d.base_version USING ERRCODE = 'SAT04';
    END IF;
    SELECT v.hash INTO STRICT before FROM policy_version v WHERE v.network_id = n AND v.version = h.rules_version;
    number := h.version + 1;
    INSERT INTO policy_version (network_id, version, rules, reason, published_by, published_at, hash)
    VALUES (n, number, d.rules, d.reason, publisher, at, sha256(before || int8send(number) || convert_to(d.rules, 'UTF8')));
    UPDATE policy_head SET version = number, rules_version = number WHERE network_id = n;
    UPDATE policy_draft SET state = 'published', published_version = number, reviewer_id = publisher, updated_at = at, revision = revision + 1
    WHERE network_id = n AND id = draft;
    RETURN number;
END $$;

-- The versions of the caller's network, oldest first.
CREATE FUNCTION policy_history() RETURNS TABLE (version bigint, rules text, reason text, published_by uuid, published_at timestamptz, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = satis, pg_temp AS $$
    SELECT v.version, v.rules, v.reason, v.published_by, v.published_at, v.hash FROM policy_version v
    WHERE v.network_id = current_setting('satis.network')::uuid ORDER BY v.version
$$;

-- What was lately decided in the caller's network: roles, object, action and outcome, without
-- who it was and which record. At most each of an organisation and most in all, newest first.
CREATE FUNCTION recent_decisions(each integer, most integer) RETURNS TABLE (tenant_id uuid, at timestamptz, payload text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = satis, pg_temp AS $$
    SELECT e.tenant_id, e.at,
           (e.payload::jsonb - 'actor' - 'object_id' - 'detail')::text
    FROM (SELECT x.tenant_id, x.at, x.payload FROM tenant t
          CROSS JOIN LATERAL (SELECT a.tenant_id, a.at, a.payload FROM audit_entry a
                              WHERE a.tenant_id = t.id ORDER BY a.seq DESC LIMIT each) x
          WHERE t.network_id = current_setting('satis.network')::uuid
          ORDER BY x.at DESC LIMIT most) e
    ORDER BY e.at DESC
$$;

-- Tells every process that a policy moved, so that it reloads before a request has to wait
-- for it. It only hastens: assert_policy is what makes a revoked right end.
CREATE FUNCTION tell_policy() RETURNS trigger
LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
BEGIN
    PERFORM pg_notify('satis_policy', NEW.network_id || ' ' || NEW.version);
    RETURN NULL;
END $$;
-- +goose StatementEnd

CREATE TRIGGER policy_head_tell AFTER INSERT OR UPDATE ON policy_head FOR EACH ROW EXECUTE FUNCTION tell_policy();

REVOKE EXECUTE ON FUNCTION publish_policy, policy_history, recent_decisions, tell_policy FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publish_policy, policy_history, recent_decisions TO satis_lead;
