-- SPDX-License-Identifier: AGPL-3.0-or-later
-- The audit: one hash chain per tenant, appended to by one function and by nothing else.

-- +goose Up

CREATE TABLE audit_head (
    tenant_id uuid PRIMARY KEY REFERENCES tenant (id),
    seq       bigint NOT NULL,
    hash      bytea NOT NULL
);

CREATE TABLE audit_entry (
    tenant_id uuid NOT NULL REFERENCES tenant (id),
    seq       bigint NOT NULL,
    -- What happened, as JSON text: exactly the bytes the hash covers. It holds codes and
    -- ids, never the value of a personal field.
    payload   text NOT NULL,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL,
    -- Copied out of the payload for filters; verification compares them.
    action    text NOT NULL,
    object_id text NOT NULL,
    actor_id  text NOT NULL,
    at        timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX audit_entry_object ON audit_entry (tenant_id, object_id, seq);

-- +goose StatementBegin
-- Appends an entry to the chain of the tenant in whose name the transaction runs. It runs
-- as its owner: the roles of the application can read entries and call this, no more.
CREATE FUNCTION audit_append(payload text, action text, object_id text, actor_id text, at timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE
    t uuid := current_setting('satis.tenant')::uuid;
    head audit_head;
    next_hash bytea;
BEGIN
    INSERT INTO audit_head (tenant_id, seq, hash) VALUES (t, 0, '\x') ON CONFLICT DO NOTHING;
    SELECT h.* INTO STRICT head FROM audit_head h WHERE h.tenant_id = t FOR UPDATE;
    next_hash := sha256(head.hash || convert_to((head.seq + 1)::text || E'\n' || payload, 'UTF8'));
    INSERT INTO audit_entry (tenant_id, seq, payload, prev_hash, hash, action, object_id, actor_id, at)
    VALUES (t, head.seq + 1, payload, head.hash, next_hash, audit_append.action, audit_append.object_id, audit_append.actor_id, audit_append.at);
    UPDATE audit_head SET seq = head.seq + 1, hash = next_hash WHERE tenant_id = t;
    RETURN head.seq + 1;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION audit_append FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_append TO satis_entity, satis_services, satis_lead, satis_system;

ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_head FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;

CREATE POLICY head_owner ON audit_head TO satis_owner
    USING (tenant_id = current_setting('satis.tenant')::uuid) WITH CHECK (tenant_id = current_setting('satis.tenant')::uuid);
CREATE POLICY entry_owner ON audit_entry FOR INSERT TO satis_owner
    WITH CHECK (tenant_id = current_setting('satis.tenant')::uuid);
CREATE POLICY entry_tenant ON audit_entry FOR SELECT TO satis_entity, satis_services, satis_lead
    USING (tenant_id = current_setting('satis.tenant')::uuid);
CREATE POLICY head_tenant ON audit_head FOR SELECT TO satis_entity, satis_services, satis_lead
    USING (tenant_id = current_setting('satis.tenant')::uuid);
-- The host verifies every chain; entries hold nothing personal.
CREATE POLICY entry_system ON audit_entry FOR SELECT TO satis_system USING (true);
CREATE POLICY head_system ON audit_head FOR SELECT TO satis_system USING (true);
GRANT SELECT ON audit_entry, audit_head TO satis_entity, satis_services, satis_lead, satis_system;
