-- Who acts by a token is remembered by every process that serves, until it hears
-- that a token or an account has changed. When a token was used last, and a new
-- password, change nothing in that.
CREATE FUNCTION tell_access_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('access_changed', '');
    RETURN NULL;
END $$;
CREATE TRIGGER access_changed AFTER UPDATE OF hash, account_id, channels, revoked_at, expires_at OR DELETE ON api_token
    FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
CREATE TRIGGER access_changed AFTER UPDATE OF login, name, roles, unit_id, disabled OR DELETE ON account
    FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
