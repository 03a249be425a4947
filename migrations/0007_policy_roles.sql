-- SPDX-License-Identifier: AGPL-3.0-or-later
-- A draft says who is to hold which role where, beside its rules; both come into force at
-- once. A version's hash covers all that is known of it.

-- +goose Up

-- Lines "g, user:<uuid>, role:<role>, tenant:<uuid>, give or take".
ALTER TABLE policy_draft ADD COLUMN roles text NOT NULL DEFAULT '';
GRANT INSERT (roles), UPDATE (roles) ON policy_draft TO satis_lead;

-- What came with the version. hash_form 1 is a hash over the one before, the number and the
-- rules; 2 covers roles, reason, publisher and date too. No form ever follows a higher one.
ALTER TABLE policy_version ADD COLUMN roles text NOT NULL DEFAULT '';
ALTER TABLE policy_version ADD COLUMN hash_form smallint NOT NULL DEFAULT 1 CHECK (hash_form IN (1, 2));
ALTER TABLE policy_version ALTER COLUMN hash_form SET DEFAULT 2;

DROP FUNCTION publish_policy(uuid, bigint, uuid, timestamptz);
DROP FUNCTION policy_history();
DROP FUNCTION recent_decisions(integer, integer);

-- +goose StatementBegin
-- The second form of a version's hash. Each text is preceded by its length, so that none can
-- lend the next a letter; the date counts microseconds.
CREATE FUNCTION policy_hash(before bytea, number bigint, rules text, roles text, reason text, publisher text, at timestamptz) RETURNS bytea
LANGUAGE plpgsql IMMUTABLE SET search_path = satis, pg_temp AS $$
DECLARE
    sum bytea := convert_to('satis policy 2', 'UTF8') || coalesce(before, '') || int8send(number);
    part text;
    raw bytea;
BEGIN
    FOREACH part IN ARRAY ARRAY[rules, roles, reason, publisher] LOOP
        raw := convert_to(part, 'UTF8');
        sum := sum || int8send(length(raw)) || raw;
    END LOOP;
    RETURN sha256(sum || int8send((extract(epoch FROM at) * 1000000)::bigint));
END $$;

-- Gives and takes the roles of a draft, all or none. SAT05: it is no longer as the draft
-- found it (a role held already, or not held, or somebody who is no member any more). SAT10:
-- a role that no draft gives or takes there. SAT11: nobody would be left in a role that an
-- organisation cannot do without. The caller holds the network's head.
CREATE FUNCTION publish_roles(lines text, publisher uuid, publisher_name text, at timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
DECLARE
    n uuid := current_setting('satis.network')::uuid;
    line text;
    p text[];
    k text;
    held boolean;
BEGIN
    FOREACH line IN ARRAY string_to_array(rtrim(lines, E'\n'), E'\n') LOOP
        p := regexp_match(line, '^g, user:([0-9a-f-]{36}), role:([a-z_]+), tenant:([0-9a-f-]{36}), (give|take)$');
        SELECT t.kind INTO k FROM tenant t WHERE t.id = p[3]::uuid AND t.network_id = n AND t.status = 'active';
        IF p IS NULL OR k IS NULL OR role_kind(p[2]) IS DISTINCT FROM k OR p[2] = 'data_protection_officer' THEN
            RAISE EXCEPTION 'not a role to give or take here' USING ERRCODE = 'SAT10';
        END IF;
        SELECT bool_or(m.role = p[2]) INTO held FROM member m
        WHERE m.tenant_id = p[3]::uuid AND m.user_id = p[1]::uuid AND m.suspended_at IS NULL;
        IF held IS DISTINCT FROM (p[4] = 'take') THEN
            RAISE EXCEPTION 'the roles are not what was read' USING ERRCODE = 'SAT05';
        END IF;
    END LOOP;
    -- Taken last, so that who changes roles stays a member all along.
    FOREACH line IN ARRAY string_to_array(rtrim(lines, E'\n'), E'\n') LOOP
        p := regexp_match(line, '^g, user:(.*), role:(.*), tenant:(.*), give$');
        IF p IS NOT NULL THEN
            INSERT INTO member (tenant_id, network_id, user_id, role) VALUES (p[3]::uuid, n, p[1]::uuid, p[2]);
        END IF;
    END LOOP;
    FOREACH line IN ARRAY string_to_array(rtrim(lines, E'\n'), E'\n') LOOP
        p := regexp_match(line, '^g, user:(.*), role:(.*), tenant:(.*), take$');
        IF p IS NOT NULL THEN
            DELETE FROM member m WHERE m.tenant_id = p[3]::uuid AND m.user_id = p[1]::uuid AND m.role = p[2];
            PERFORM assert_not_last(p[3]::uuid, p[1]::uuid, p[2]);
        END IF;
    END LOOP;
    -- One person does not write policies and admit plugins, or watch over both.
    IF EXISTS (SELECT 1 FROM member m WHERE m.network_id = n AND m.role IN ('policy_admin', 'plugin_admin', 'data_protection_officer')
                 AND EXISTS (SELECT 1 FROM unnest(string_to_array(rtrim(lines, E'\n'), E'\n')) l
                             WHERE l ~ ('^g, user:' || m.user_id || ', role:(policy_admin|plugin_admin), tenant:' || m.tenant_id || ', give$'))
               GROUP BY m.tenant_id, m.user_id HAVING count(*) > 1) THEN
        RAISE EXCEPTION 'two roles that watch over each other' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM tell(c.t::uuid, 'roles_changed', publisher, publisher_name, c.u::uuid, at)
    FROM (SELECT DISTINCT q[2] AS t, q[1] AS u FROM unnest(string_to_array(rtrim(lines, E'\n'), E'\n')) l,
          LATERAL regexp_match(l, '^g, user:(.*), role:.*, tenant:(.*), (?:give|take)$') q) c;
END $$;

-- Puts a submitted draft into force as the network's next version, its roles with its rules.
-- SAT02: the publisher is its author, or nobody of the lead agency. SAT03: it is not what the
-- publisher read. SAT04: another version came into force since it was begun. Others as
-- publish_roles.
CREATE FUNCTION publish_policy(draft uuid, seen bigint, publisher uuid, publisher_name text, at timestamptz) RETURNS bigint
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
          AND t.status = 'active' AND m.user_id = publisher AND m.suspended_at IS NULL) THEN
        RAISE EXCEPTION 'a second administrator of the lead agency publishes' USING ERRCODE = 'SAT02';
    END IF;
    IF d.base_version <> h.rules_version THEN
        RAISE EXCEPTION 'version % is in force, not %', h.rules_version, d.base_version USING ERRCODE = 'SAT04';
    END IF;
    IF d.roles <> '' THEN
        PERFORM publish_roles(d.roles, publisher, publisher_name, at);
    END IF;
    SELECT v.hash INTO STRICT before FROM policy_version v WHERE v.network_id = n AND v.version = h.rules_version;
    number := h.version + 1;
    INSERT INTO policy_version (network_id, version, rules, roles, reason, published_by, published_at, hash_form, hash)
    VALUES (n, number, d.rules, d.roles, d.reason, publisher, at, 2, policy_hash(before, number, d.rules, d.roles, d.reason, publisher::text, at));
    UPDATE policy_head SET version = number, rules_version = number WHERE network_id = n;
    UPDATE policy_draft SET state = 'published', published_version = number, reviewer_id = publisher, updated_at = at, revision = revision + 1
    WHERE network_id = n AND id = draft;
    RETURN number;
END $$;

-- The versions of the caller's network, oldest first.
CREATE FUNCTION policy_history() RETURNS TABLE (version bigint, rules text, roles text, reason text, published_by uuid, published_at timestamptz,
    hash_form smallint, hash bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = satis, pg_temp AS $$
    SELECT v.version, v.rules, v.roles, v.reason, v.published_by, v.published_at, v.hash_form, v.hash FROM policy_version v
    WHERE v.network_id = current_setting('satis.network')::uuid ORDER BY v.version
$$;

-- What was lately decided in the caller's network: roles, object, action and outcome, without
-- who it was and which record. At most each of an organisation and most in all, newest first.
-- place is where who asked stands among the members given (users[i] in tenants[i]), null for
-- anybody else: what a draft does to a member's roles can be tried on what he did.
CREATE FUNCTION recent_decisions(each integer, most integer, users uuid[], tenants uuid[])
RETURNS TABLE (tenant_id uuid, at timestamptz, place integer, payload text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = satis, pg_temp AS $$
    SELECT e.tenant_id, e.at,
           (SELECT i FROM generate_subscripts(users, 1) i WHERE tenants[i] = e.tenant_id AND users[i]::text = e.payload::jsonb ->> 'actor' LIMIT 1),
           (e.payload::jsonb - 'actor' - 'object_id' - 'detail')::text
    FROM (SELECT x.tenant_id, x.at, x.payload FROM tenant t
          CROSS JOIN LATERAL (SELECT a.tenant_id, a.at, a.payload FROM audit_entry a
                              WHERE a.tenant_id = t.id ORDER BY a.seq DESC LIMIT each) x
          WHERE t.network_id = current_setting('satis.network')::uuid
          ORDER BY x.at DESC LIMIT most) e
    ORDER BY e.at DESC
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION policy_hash, publish_roles, publish_policy, policy_history, recent_decisions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publish_policy, policy_history, recent_decisions TO satis_lead;
