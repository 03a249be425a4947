-- SPDX-License-Identifier: AGPL-3.0-or-later
-- Those who watch over the others (policy_admin, plugin_admin, data_protection_officer) are
-- out of reach of who runs the users, and enough of them stay. Everybody can tell which
-- version of the rules a recorded decision was made under.

-- +goose Up

-- +goose StatementBegin
CREATE FUNCTION watches_over(role text) RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = satis, pg_temp AS $$
    SELECT role IN ('policy_admin', 'plugin_admin', 'data_protection_officer')
$$;

-- Demands that enough other members of the organisation hold the role and are not suspended,
-- where the organisation could not do without: two policy_admins, for one writes and another
-- publishes; one of each of the others.
CREATE OR REPLACE FUNCTION assert_not_last(t uuid, u uuid, r text) RETURNS void LANGUAGE plpgsql SET search_path = satis, pg_temp AS $$
DECLARE
    least integer := CASE WHEN r = 'policy_admin' THEN 2 WHEN r IN ('entity_admin', 'secretariat', 'data_protection_officer') THEN 1 ELSE 0 END;
BEGIN
    IF (SELECT count(*) FROM member m WHERE m.tenant_id = t AND m.role = r AND m.user_id <> u AND m.suspended_at IS NULL) < least THEN
        RAISE EXCEPTION 'the last one' USING ERRCODE = 'SAT11';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION member_take(decided bigint, t uuid, u uuid, role text, actor uuid, actor_name text, at timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = satis, pg_temp AS $$
BEGIN
    PERFORM administered(t);
    IF watches_over(role) THEN
        RAISE EXCEPTION 'not a role to take here' USING ERRCODE = 'SAT10';
    END IF;
    PERFORM policy_move(decided);
    PERFORM assert_not_last(t, u, role);
    DELETE FROM member m WHERE m.tenant_id = t AND m.user_id = u AND m.role = member_take.role;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM tell(t, 'roles_changed', actor, actor_name, u, at);
    RETURN true;
END $$;

-- Suspends a member in one organisation, never one who watches over the others, or lets him
-- back in.
CREATE OR REPLACE FUNCTION member_suspend(decided bigint, t uuid, u uuid, suspend boolean, actor uuid, actor_name text, at timestamptz) RETURNS boolean
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
            IF watches_over(r) THEN
                RAISE EXCEPTION 'not to this member' USING ERRCODE = 'SAT10';
            END IF;
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

-- The numbers of the versions published in the caller's network, oldest first: what they say
-- is the lead agency's to read.
CREATE FUNCTION rules_versions() RETURNS TABLE (version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = satis, pg_temp AS $$
    SELECT v.version FROM policy_version v WHERE v.network_id = current_setting('satis.network')::uuid ORDER BY v.version
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION watches_over, rules_versions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rules_versions TO satis_lead, satis_entity, satis_services;
