-- The areas and units, which most of what is asked for needs, are remembered too.
CREATE TRIGGER directory_changed AFTER INSERT OR UPDATE ON directory_revision
    FOR EACH STATEMENT EXECUTE FUNCTION tell_access_changed();
