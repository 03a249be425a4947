-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Administration: master data of organisations, invitations, roles, access in an emergency,
-- notices. The roles of the application read what is theirs; whatever changes who may do
-- what goes through a function that checks for whom the transaction runs, that the policy
-- is still the one the caller decided under, and counts the policy's version up.

-- +goose Up

ALTER TABLE tenant ADD COLUMN revision bigint NOT NULL DEFAULT 1;
-- A member who is suspended in one organisation keeps his roles, and his other ones.
ALTER TABLE member ADD COLUMN suspended_at timestamptz;

CREATE TABLE tenant_profile (
    tenant_id            uuid PRIMARY KEY,
    network_id           uuid NOT NULL,
    codice_fiscale       text NOT NULL CHECK (codice_fiscale ~ '^([0-9]{11}|[A-Z0-9]{16})$'),
    partita_iva          text NOT NULL DEFAULT '' CHECK (partita_iva ~ '^([0-9]{11})?$'),
    address              text NOT NULL DEFAULT '',
    postal_code          text NOT NULL DEFAULT '' CHECK (postal_code ~ '^([0-9]{5})?$'),
    municipality         text NOT NULL DEFAULT '',
    legal_representative text NOT NULL DEFAULT '',
    pec                  text NOT NULL DEFAULT '' CHECK (pec = '' OR pec ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id)
);

CREATE TABLE invitation (
    tenant_id    uuid NOT NULL,
    id           uuid NOT NULL,
    network_id   uuid NOT NULL,
    token_hash   bytea NOT NULL,
    email        text NOT NULL CHECK (email = lower(email)),
    name         text NOT NULL,
    roles        text[] NOT NULL CHECK (cardinality(roles) BETWEEN 1 AND 7),
    lang         text NOT NULL CHECK (lang IN ('it', 'en')),
    invited_by   uuid NOT NULL REFERENCES app_user (id),
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    -- Wrong passwords typed by whoever holds the link; too many void it.
    failures     integer NOT NULL DEFAULT 0,
    accepted_at  timestamptz,
    withdrawn_at timestamptz,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, token_hash),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id)
);

-- A person of the lead agency was let in to one identity, for a reason and a limited time.
-- The row lies with the entity whose person it is.
CREATE TABLE break_glass (
    tenant_id      uuid NOT NULL,
    id             uuid NOT NULL,
    network_id     uuid NOT NULL,
    lead_tenant_id uuid NOT NULL,
    project_id     uuid NOT NULL,
    project_code   text NOT NULL,
    person_id      uuid NOT NULL,
    user_id        uuid NOT NULL REFERENCES app_user (id),
    user_name      text NOT NULL,
    reason         text NOT NULL CHECK (length(reason) >= 20),
    policy_version bigint NOT NULL,
    granted_at     timestamptz NOT NULL,
    expires_at     timestamptz NOT NULL CHECK (expires_at > granted_at AND expires_at <= granted_at + interval '60 minutes'),
    ended_at       timestamptz,
    -- How often the identity was read.
    reads          integer NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id),
    FOREIGN KEY (network_id, lead_tenant_id) REFERENCES tenant (network_id, id),
    FOREIGN KEY (tenant_id, project_id) REFERENCES project (tenant_id, id),
    FOREIGN KEY (tenant_id, person_id) REFERENCES person (tenant_id, id)
);
CREATE INDEX break_glass_project ON break_glass (tenant_id, project_id);

-- What an organisation is told of what others did in it.
CREATE TABLE notice (
    tenant_id   uuid NOT NULL,
    id          uuid NOT NULL,
    network_id  uuid NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('break_glass', 'tenant_updated', 'tenant_resumed', 'user_invited', 'roles_changed', 'user_suspended', 'user_resumed')),
    actor_id    uuid NOT NULL,
    actor_name  text NOT NULL,
    -- The organisation that acted.
    by_tenant   uuid NOT NULL,
    object_id   uuid NOT NULL,
    created_at  timestamptz NOT NULL,
    read_at     timestamptz,
    read_by     uuid,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (network_id, tenant_id) REFERENCES tenant (network_id, id),
    FOREIGN KEY (network_id, by_tenant) REFERENCES tenant (network_id, id)
);
CREATE INDEX notice_list ON notice (tenant_id, created_at DESC, id DESC);

-- The audit is searched by who acted, too.
CREATE INDEX audit_entry_actor ON audit_entry (tenant_id, actor_id, seq);

-- +goose StatementBegin
DO $$
DECLARE t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['tenant_profile', 'invitation', 'break_glass', 'notice'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    END LOOP;
    -- One's own rows.
    FOREACH t IN ARRAY ARRAY['tenant_profile', 'invitation', 'break_glass'] LOOP
        EXECUTE format($p$CREATE POLICY %I ON %I FOR SELECT TO satis_entity, satis_services
            USING (tenant_id = current_setting('satis.tenant')::uuid)$p$, t || '_own', t);
    END LOOP;
    -- The functions below run as the owner; they stay within the caller's network.
    FOREACH t IN ARRAY ARRAY['tenant', 'member', 'tenant_profile', 'break_glass', 'notice'] LOOP
        EXECUTE format($p$CREATE POLICY %I ON %I TO satis_owner
            USING (network_id = current_setting('satis.network')::uuid)
            WITH CHECK (network_id = current_setting('satis.network')::uuid)$p$, t || '_admin', t);
    END LOOP;
END $$;
-- +goose StatementEnd

-- The lead agency sees its network's.
CREATE POLICY tenant_profile_lead ON tenant_profile FOR SELECT TO satis_lead USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY invitation_lead ON invitation FOR SELECT TO satis_lead USING (network_id = current_setting('satis.network')::uuid);
CREATE POLICY break_glass_lead ON break_glass FOR SELECT TO satis_lead USING (lead_tenant_id = current_setting('satis.tenant')::uuid);
CREATE POLICY notice_own ON notice TO satis_entity, satis_services, satis_lead
    USING (tenant_id = current_setting('satis.tenant')::uuid) WITH CHECK (tenant_id = current_setting('satis.tenant')::uuid);

GRANT SELECT ON tenant_profile TO satis_entity, satis_services, satis_lead;
GRANT SELECT (tenant_id, id, network_id, email, name, roles, lang, invited_by, created_at, expires_at, failures, accepted_at, withdrawn_at)
    ON invitation TO satis_entity, satis_services, satis_lead;
-- Whose identity it is stays with the entity.
GRANT SELECT (tenant_id, id, network_id, lead_tenant_id, project_id, project_code, user_id, user_name, reason, policy_version, granted_at,
    expires_at, ended_at, reads) ON break_glass TO satis_entity, satis_services, satis_lead;
GRANT SELECT ON notice TO satis_entity, satis_services, satis_lead;
GRANT UPDATE (read_at, read_by) ON notice TO satis_entity, satis_services, satis_lead;

-- An invitation is found by its token before anybody is known: the functions name the tenant.
CREATE POLICY invitation_admin ON invitation TO satis_owner USING (true) WITH CHECK (true);
CREATE POLICY key_admin ON tenant_key FOR INSERT TO satis_owner
    WITH CHECK (EXISTS (SELECT 1 FROM tenant t WHERE t.id = tenant_key.tenant_id AND t.network_id = current_setting('satis.network')::uuid));
CREATE POLICY project_admin ON project FOR SELECT TO satis_owner
    USING (network_id = current_setting('satis.network')::uuid AND submitted_version > 0);
-- Even the owner reads an identity only while an emergency of the caller's tenant lasts.
CREATE POLICY identity_emergency ON person_identity FOR SELECT TO satis_owner
    USING (EXISTS (SELECT 1 FROM break_glass b WHERE b.tenant_id = person_identity.tenant_id AND b.person_id = person_identity.person_id
                     AND b.lead_tenant_id = current_setting('satis.tenant')::uuid AND b.ended_at IS NULL AND b.expires_at > now()));

-- +goose StatementBegin
-- The kind of the organisation the transaction runs for. Raises SAT10 where it is not
-- active, not of the transaction's network, or not of the kind the login role is for.
CREATE FUNCTION acting_kind() RETURNS text LANGUAGE plpgsql STABLE SET search_path = satis, pg_temp AS $$
DECLARE k text;
BEGIN
    SELECT kind INTO k FROM tenant
    WHERE id = current_setting('satis.tenant')::uuid AND network_id = current_setting('satis.network')::uuid AND status = 'active';
    IF k IS NULL OR session_user <> (CASE k WHEN 'lead_agency' THEN 'satis_lead' WHEN 'implementing_entity' THEN 'satis_entity' ELSE 'satis_services' END) THEN
        RAISE EXCEPTION 'not for this organisation' USING ERRCODE = 'SAT10';
    END IF;
    RETURN k;
END $$;

-- Counts the policy's version up where it is still the one that was decided under. Whoever
-- decided under an older one decides anew: SAT01, as assert_policy.
CREATE FUNCTION policy_move(decided bigint) RETURNS void LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
BEGIN
    UPDATE policy_head SET version = version + 1 WHERE network_id = current_setting('satis.network')::uuid AND version = decided;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'policy version is no longer %', decided USING ERRCODE = 'SAT01';
    END IF;
END $$;

-- The kind of organisation a role belongs to; null for a word that is no role.
CREATE FUNCTION role_kind(role text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = satis, pg_temp AS $$
    SELECT CASE WHEN role IN ('operator', 'entity_manager', 'entity_admin') THEN 'implementing_entity'
                WHEN role IN ('social_worker') THEN 'social_services'
                WHEN role IN ('evaluator', 'approver', 'secretariat', 'policy_admin', 'plugin_admin', 'accountant', 'data_protection_officer') THEN 'lead_agency' END
$$;

-- Demands that the caller runs the users of an organisation: its own, or for the lead
-- agency any of its network. Tells the organisation's kind.
CREATE FUNCTION administered(t uuid) RETURNS text LANGUAGE plpgsql STABLE SET search_path = satis, pg_temp AS $$
DECLARE k text; mine text := acting_kind();
BEGIN
    SELECT kind INTO k FROM tenant WHERE id = t AND network_id = current_setting('satis.network')::uuid;
    IF k IS NULL OR mine = 'social_services' OR (mine = 'implementing_entity' AND t <> current_setting('satis.tenant')::uuid) THEN
        RAISE EXCEPTION 'not of this organisation' USING ERRCODE = 'SAT10';
    END IF;
    RETURN k;
END $$;

-- Demands that a role can be given in an organisation of a kind. The roles that watch over
-- the others are given by the host of the installation, not by who runs the users.
CREATE FUNCTION assert_giveable(role text, kind text) RETURNS void LANGUAGE plpgsql IMMUTABLE SET search_path = satis, pg_temp AS $$
BEGIN
    IF role_kind(role) IS DISTINCT FROM kind OR role IN ('policy_admin', 'plugin_admin', 'data_protection_officer') THEN
        RAISE EXCEPTION 'the role cannot be given here' USING ERRCODE = 'SAT10';
    END IF;
END $$;

-- Tells an organisation what another did in it; what it did itself is no news.
CREATE FUNCTION tell(t uuid, what text, actor uuid, actor_name text, object uuid, at timestamptz) RETURNS void
LANGUAGE sql SET search_path = satis, pg_temp AS $$
    INSERT INTO notice (tenant_id, id, network_id, kind, actor_id, actor_name, by_tenant, object_id, created_at)
    SELECT t, gen_random_uuid(), current_setting('satis.network')::uuid, what, actor, tell.actor_name, current_setting('satis.tenant')::uuid, object, at
    WHERE t <> current_setting('satis.tenant')::uuid
$$;

CREATE FUNCTION tenant_put_profile(t uuid, codice_fiscale text, partita_iva text, address text, postal_code text, municipality text,
    legal_representative text, pec text) RETURNS void LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
BEGIN
    INSERT INTO tenant_profile AS p (tenant_id, network_id, codice_fiscale, partita_iva, address, postal_code, municipality, legal_representative, pec)
    VALUES (t, current_setting('satis.network')::uuid, $2, $3, $4, $5, $6, $7, $8)
    ON CONFLICT (tenant_id) DO UPDATE SET codice_fiscale = $2, partita_iva = $3, address = $4, postal_code = $5, municipality = $6,
        legal_representative = $7, pec = $8;
END $$;

-- The lead agency creates an organisation of its network, with its keys.
CREATE FUNCTION tenant_create(decided bigint, t uuid, kind text, name text, municipalities text[], codice_fiscale text, partita_iva text, address text,
    postal_code text, municipality text, legal_representative text, pec text, wrapped bytea, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    IF acting_kind() <> 'lead_agency' OR kind NOT IN ('implementing_entity', 'social_services') THEN
        RAISE EXCEPTION 'not for this organisation' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
    INSERT INTO tenant (id, network_id, kind, name, municipalities, created_at)
    VALUES (t, current_setting('satis.network')::uuid, tenant_create.kind, tenant_create.name, tenant_create.municipalities, at);
    PERFORM tenant_put_profile(t, codice_fiscale, partita_iva, address, postal_code, municipality, legal_representative, pec);
    INSERT INTO tenant_key (tenant_id, wrapped, updated_at) VALUES (t, tenant_create.wrapped, at);
END $$;

-- The lead agency corrects master data; false where the row changed since base.
CREATE FUNCTION tenant_update(decided bigint, t uuid, base bigint, name text, municipalities text[], codice_fiscale text, partita_iva text, address text,
    postal_code text, municipality text, legal_representative text, pec text, actor uuid, actor_name text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    IF acting_kind() <> 'lead_agency' THEN
        RAISE EXCEPTION 'not for this organisation' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
    UPDATE tenant o SET name = tenant_update.name, municipalities = tenant_update.municipalities, revision = o.revision + 1 WHERE o.id = t AND o.revision = base;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tenant_put_profile(t, codice_fiscale, partita_iva, address, postal_code, municipality, legal_representative, pec);
    PERFORM tell(t, 'tenant_updated', actor, actor_name, t, at);
    RETURN true;
END $$;

-- The lead agency suspends an organisation, never itself, or lets it back in.
CREATE FUNCTION tenant_set_status(decided bigint, t uuid, status text, actor uuid, actor_name text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    IF acting_kind() <> 'lead_agency' OR t = current_setting('satis.tenant')::uuid THEN
        RAISE EXCEPTION 'not for this organisation' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
    UPDATE tenant o SET status = tenant_set_status.status, revision = o.revision + 1 WHERE o.id = t AND o.kind <> 'lead_agency' AND o.status <> tenant_set_status.status;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF status = 'active' THEN
        PERFORM tell(t, 'tenant_resumed', actor, actor_name, t, at);
    END IF;
    RETURN true;
END $$;

-- Invites somebody to an organisation. It gives nothing yet, so the policy stays where it is.
CREATE FUNCTION invitation_create(t uuid, id uuid, token_hash bytea, email text, name text, roles text[], lang text, actor uuid, actor_name text,
    at timestamptz, expires_at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE k text := administered(t); r text;
BEGIN
    FOREACH r IN ARRAY roles LOOP
        PERFORM assert_giveable(r, k);
    END LOOP;
    UPDATE invitation i SET withdrawn_at = at WHERE i.tenant_id = t AND i.email = invitation_create.email AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL;
    INSERT INTO invitation (tenant_id, id, network_id, token_hash, email, name, roles, lang, invited_by, created_at, expires_at)
    VALUES (t, invitation_create.id, current_setting('satis.network')::uuid, invitation_create.token_hash, invitation_create.email, invitation_create.name,
        invitation_create.roles, invitation_create.lang, actor, at, invitation_create.expires_at);
    PERFORM tell(t, 'user_invited', actor, actor_name, invitation_create.id, at);
END $$;

CREATE FUNCTION invitation_withdraw(t uuid, id uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    PERFORM administered(t);
    UPDATE invitation i SET withdrawn_at = at WHERE i.tenant_id = t AND i.network_id = current_setting('satis.network')::uuid
        AND i.id = invitation_withdraw.id AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL;
    RETURN FOUND;
END $$;

-- Finds an open invitation for the sign-in; no row where it ran out, was used, withdrawn
-- or tried too often, or where the organisation is suspended.
CREATE FUNCTION invitation_find(t uuid, hash bytea, at timestamptz) RETURNS TABLE (id uuid, network_id uuid, email text, name text, roles text[], lang text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE n uuid;
BEGIN
    SELECT i.network_id INTO n FROM invitation i WHERE i.tenant_id = t AND i.token_hash = hash;
    PERFORM set_config('satis.network', coalesce(n, '00000000-0000-0000-0000-000000000000')::text, true);
    RETURN QUERY SELECT i.id, i.network_id, i.email, i.name, i.roles, i.lang FROM invitation i JOIN tenant o ON o.id = i.tenant_id
        WHERE i.tenant_id = t AND i.token_hash = hash AND i.expires_at > at AND i.accepted_at IS NULL AND i.withdrawn_at IS NULL
          AND i.failures < 5 AND o.status = 'active'
        FOR UPDATE OF i;
END $$;

-- Uses an invitation up, or counts a wrong password against it.
CREATE FUNCTION invitation_close(t uuid, hash bytea, at timestamptz, good boolean) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
    UPDATE invitation SET accepted_at = CASE WHEN good THEN at END, failures = failures + CASE WHEN good THEN 0 ELSE 1 END
    WHERE tenant_id = t AND token_hash = hash AND accepted_at IS NULL AND withdrawn_at IS NULL
$$;

-- Gives a role to somebody who is a member already; nobody gives himself one.
CREATE FUNCTION member_grant(decided bigint, t uuid, u uuid, role text, actor uuid, actor_name text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE k text := administered(t);
BEGIN
    PERFORM assert_giveable(role, k);
    IF u = actor OR NOT EXISTS (SELECT 1 FROM member m WHERE m.tenant_id = t AND m.user_id = u AND m.suspended_at IS NULL) THEN
        RAISE EXCEPTION 'not to this member' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
    INSERT INTO member (tenant_id, network_id, user_id, role) VALUES (t, current_setting('satis.network')::uuid, u, member_grant.role) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tell(t, 'roles_changed', actor, actor_name, u, at);
    RETURN true;
END $$;

-- Demands that another member of the organisation holds the role and is not suspended,
-- where the organisation could not do without.
CREATE FUNCTION assert_not_last(t uuid, u uuid, r text) RETURNS void LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
BEGIN
    IF r IN ('entity_admin', 'policy_admin', 'secretariat') AND NOT EXISTS (
        SELECT 1 FROM member m WHERE m.tenant_id = t AND m.role = r AND m.user_id <> u AND m.suspended_at IS NULL) THEN
        RAISE EXCEPTION 'the last one' USING ERRCODE = 'SAT11';
    END IF;
END $$;

CREATE FUNCTION member_take(decided bigint, t uuid, u uuid, role text, actor uuid, actor_name text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    PERFORM administered(t);
    PERFORM policy_move(decided);
    PERFORM assert_not_last(t, u, role);
    DELETE FROM member m WHERE m.tenant_id = t AND m.user_id = u AND m.role = member_take.role;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tell(t, 'roles_changed', actor, actor_name, u, at);
    RETURN true;
END $$;

-- Suspends a member in one organisation, or lets him back in.
CREATE FUNCTION member_suspend(decided bigint, t uuid, u uuid, suspend boolean, actor uuid, actor_name text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE r text;
BEGIN
    PERFORM administered(t);
    IF u = actor THEN
        RAISE EXCEPTION 'not to this member' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
    IF suspend THEN
        FOR r IN SELECT m.role FROM member m WHERE m.tenant_id = t AND m.user_id = u AND m.suspended_at IS NULL LOOP
            PERFORM assert_not_last(t, u, r);
        END LOOP;
    END IF;
    UPDATE member m SET suspended_at = CASE WHEN suspend THEN at END WHERE m.tenant_id = t AND m.user_id = u AND (m.suspended_at IS NULL) = suspend;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tell(t, CASE WHEN suspend THEN 'user_suspended' ELSE 'user_resumed' END, actor, actor_name, u, at);
    RETURN true;
END $$;

-- Opens an identity to one user of the lead agency, and tells the entity.
CREATE FUNCTION break_glass_open(decided bigint, id uuid, project uuid, actor uuid, actor_name text, reason text, at timestamptz, expires_at timestamptz)
RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE p record;
BEGIN
    PERFORM assert_policy(decided);
    IF acting_kind() <> 'lead_agency' OR NOT EXISTS (
        SELECT 1 FROM member m WHERE m.tenant_id = current_setting('satis.tenant')::uuid AND m.user_id = actor AND m.suspended_at IS NULL
           AND m.role IN ('approver', 'secretariat')) THEN
        RAISE EXCEPTION 'not for this user' USING ERRCODE = 'SAT10';
    END IF;
    SELECT o.tenant_id, o.code, o.person_id INTO p FROM project o WHERE o.id = project;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such project' USING ERRCODE = 'SAT10';
    END IF;
    INSERT INTO break_glass (tenant_id, id, network_id, lead_tenant_id, project_id, project_code, person_id, user_id, user_name, reason,
        policy_version, granted_at, expires_at)
    VALUES (p.tenant_id, break_glass_open.id, current_setting('satis.network')::uuid, current_setting('satis.tenant')::uuid, project, p.code, p.person_id,
        actor, actor_name, break_glass_open.reason, decided, at, break_glass_open.expires_at);
    PERFORM tell(p.tenant_id, 'break_glass', actor, actor_name, break_glass_open.id, at);
    RETURN p.tenant_id;
END $$;

-- The one way to an identity for the lead agency: the sealed bytes, while the emergency of
-- this very user lasts. No row otherwise.
CREATE FUNCTION break_glass_identity(t uuid, id uuid, actor uuid) RETURNS TABLE (person_id uuid, sealed bytea)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE who uuid;
BEGIN
    IF acting_kind() <> 'lead_agency' THEN
        RAISE EXCEPTION 'not for this organisation' USING ERRCODE = 'SAT10';
    END IF;
    UPDATE break_glass b SET reads = b.reads + 1 WHERE b.tenant_id = t AND b.id = break_glass_identity.id AND b.user_id = actor
        AND b.lead_tenant_id = current_setting('satis.tenant')::uuid AND b.ended_at IS NULL AND b.expires_at > now()
    RETURNING b.person_id INTO who;
    RETURN QUERY SELECT i.person_id, i.sealed FROM person_identity i WHERE i.tenant_id = t AND i.person_id = who;
END $$;

CREATE FUNCTION break_glass_end(t uuid, id uuid, actor uuid, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    UPDATE break_glass b SET ended_at = at WHERE b.tenant_id = t AND b.id = break_glass_end.id AND b.user_id = actor
        AND b.lead_tenant_id = current_setting('satis.tenant')::uuid AND b.ended_at IS NULL;
    RETURN FOUND;
END $$;

-- Writes what the lead agency did in an emergency into the chain of the entity too.
CREATE FUNCTION break_glass_audit(t uuid, id uuid, payload text, actor uuid, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
DECLARE lead text := current_setting('satis.tenant'); entry jsonb := payload::jsonb;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM break_glass b WHERE b.tenant_id = t AND b.id = break_glass_audit.id AND b.user_id = actor AND b.lead_tenant_id = lead::uuid)
       OR entry ->> 'action' IS DISTINCT FROM 'break_glass' OR entry ->> 'tenant' IS DISTINCT FROM lead
       OR entry ->> 'actor' IS DISTINCT FROM actor::text OR entry ->> 'object_id' IS DISTINCT FROM break_glass_audit.id::text THEN
        RAISE EXCEPTION 'not an emergency of this organisation' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM set_config('satis.tenant', t::text, true);
    PERFORM audit_append(payload, 'break_glass', break_glass_audit.id::text, actor::text, at);
    PERFORM set_config('satis.tenant', lead, true);
END $$;

DO $$
DECLARE f regprocedure;
BEGIN
    FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'satis'::regnamespace AND proname IN ('acting_kind', 'policy_move', 'role_kind', 'administered',
        'assert_giveable', 'tell', 'tenant_put_profile', 'tenant_create', 'tenant_update', 'tenant_set_status', 'invitation_create', 'invitation_withdraw',
        'invitation_find', 'invitation_close', 'member_grant', 'assert_not_last', 'member_take', 'member_suspend', 'break_glass_open',
        'break_glass_identity', 'break_glass_end', 'break_glass_audit') LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
    END LOOP;
END $$;
-- +goose StatementEnd

GRANT EXECUTE ON FUNCTION tenant_create, tenant_update, tenant_set_status, break_glass_open, break_glass_identity, break_glass_end, break_glass_audit TO satis_lead;
GRANT EXECUTE ON FUNCTION invitation_create, invitation_withdraw, member_grant, member_take, member_suspend TO satis_lead, satis_entity;
GRANT EXECUTE ON FUNCTION invitation_find, invitation_close TO satis_system;
