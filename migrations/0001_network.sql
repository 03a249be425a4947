-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Networks, organisations, users, sign-in and the version of the policy in force.
-- Run as satis_owner, who owns everything and is nobody at run time.

-- +goose Up

CREATE TABLE network (
    id         uuid PRIMARY KEY,
    name       text NOT NULL,
    parameters jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE tenant (
    id             uuid PRIMARY KEY,
    network_id     uuid NOT NULL REFERENCES network (id),
    kind           text NOT NULL CHECK (kind IN ('implementing_entity', 'social_services', 'lead_agency')),
    name           text NOT NULL,
    -- The municipalities a social service is competent for; the seat of the others.
    municipalities text[] NOT NULL DEFAULT '{}',
    status         text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at     timestamptz NOT NULL DEFAULT now(),
    UNIQUE (network_id, id)
);
CREATE UNIQUE INDEX tenant_one_lead ON tenant (network_id) WHERE kind = 'lead_agency';

CREATE TABLE app_user (
    id            uuid PRIMARY KEY,
    email         text NOT NULL UNIQUE CHECK (email = lower(email)),
    name          text NOT NULL,
    password_hash text NOT NULL DEFAULT '',
    lang          text NOT NULL DEFAULT 'it' CHECK (lang IN ('it', 'en')),
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- Who holds which role where: the g rules of the policy.
CREATE TABLE member (
    tenant_id  uuid NOT NULL,
    network_id uuid NOT NULL,
    user_id    uuid NOT NULL REFERENCES app_user (id),
    role       text NOT NULL,
    PRIMARY KEY (tenant_id, user_id, role),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id)
);
CREATE INDEX member_network ON member (network_id);
CREATE INDEX member_user ON member (user_id);

CREATE TABLE policy_version (
    network_id   uuid NOT NULL REFERENCES network (id),
    version      bigint NOT NULL,
    rules        text NOT NULL,
    reason       text NOT NULL,
    published_by uuid,
    published_at timestamptz NOT NULL,
    hash         bytea NOT NULL,
    PRIMARY KEY (network_id, version)
);

-- One row per network. version grows with every change of rules, members or status; each
-- transaction of a tenant compares it with the version its decision was made under.
CREATE TABLE policy_head (
    network_id    uuid PRIMARY KEY REFERENCES network (id),
    version       bigint NOT NULL,
    rules_version bigint NOT NULL,
    FOREIGN KEY (network_id, rules_version) REFERENCES policy_version (network_id, version)
);

CREATE TABLE session (
    token  text PRIMARY KEY,
    data   bytea NOT NULL,
    expiry timestamptz NOT NULL
);
CREATE INDEX session_expiry ON session (expiry);

CREATE TABLE api_token (
    hash       bytea PRIMARY KEY,
    id         uuid NOT NULL UNIQUE,
    tenant_id  uuid NOT NULL REFERENCES tenant (id),
    user_id    uuid NOT NULL REFERENCES app_user (id),
    name       text NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX api_token_tenant ON api_token (tenant_id, user_id);

-- A tenant's keys, wrapped by the master key that the database never sees.
CREATE TABLE tenant_key (
    tenant_id  uuid PRIMARY KEY REFERENCES tenant (id),
    wrapped    bytea NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- +goose StatementBegin
-- Raises SAT01 where the policy has moved on since the caller decided. It is the last
-- statement of the message that opens a tenant transaction.
CREATE FUNCTION assert_policy(decided bigint) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = satis, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM policy_head
                   WHERE network_id = current_setting('satis.network')::uuid AND version = decided) THEN
        RAISE EXCEPTION 'policy version is no longer %', decided USING ERRCODE = 'SAT01';
    END IF;
END $$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION assert_policy FROM PUBLIC;
GRANT EXECUTE ON FUNCTION assert_policy TO satis_entity, satis_services, satis_lead;

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['network', 'tenant', 'app_user', 'member', 'policy_version', 'policy_head', 'session', 'api_token', 'tenant_key'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- The members of a network see its name, its organisations and the policy in force.
CREATE POLICY network_members ON network FOR SELECT TO satis_entity, satis_services, satis_lead
    USING (id = current_setting('satis.network')::uuid);
CREATE POLICY tenant_members ON tenant FOR SELECT TO satis_entity, satis_services, satis_lead
    USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY head_members ON policy_head FOR SELECT TO satis_entity, satis_services, satis_lead
    USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY member_own ON member FOR SELECT TO satis_entity, satis_services
    USING (tenant_id = current_setting('satis.tenant')::uuid);
CREATE POLICY member_lead ON member FOR SELECT TO satis_lead
    USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY user_of_members ON app_user FOR SELECT TO satis_entity, satis_services, satis_lead
    USING (EXISTS (SELECT 1 FROM member m WHERE m.user_id = app_user.id));
GRANT SELECT ON network, tenant, policy_head, member TO satis_entity, satis_services, satis_lead;
GRANT SELECT (id, name, email, status) ON app_user TO satis_entity, satis_services, satis_lead;

-- satis_system signs people in, loads policies and keys, and carries out what the host
-- of the installation orders. It has no right on any table of cases.
CREATE POLICY network_system ON network TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY tenant_system ON tenant TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY user_system ON app_user TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY member_system ON member TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY version_system ON policy_version TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY head_system ON policy_head TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY session_system ON session TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY token_system ON api_token TO satis_system USING (true) WITH CHECK (true);
CREATE POLICY key_system ON tenant_key TO satis_system USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE ON network, tenant, app_user, policy_head, tenant_key TO satis_system;
GRANT SELECT, INSERT, DELETE ON member, api_token TO satis_system;
GRANT SELECT, INSERT ON policy_version TO satis_system;
GRANT SELECT, INSERT, UPDATE, DELETE ON session TO satis_system;
