/**
 * How the tables came to be, step by step. A step that was released never changes: later ones change what it made. Each
 * runs in the transaction of all that are due.
 *
 * A session's messages keep their numbers for ever. They count in twos, which leaves a place behind each for the summary
 * of a compaction; `live_from` is where the history that a model sees begins, and `archives` are ranges before it.
 *
 * `totals` are kept by triggers, in the same transaction as what they count, and spread over several rows per tenant so
 * that sessions do not wait for each other. Turns below zero are the lines of a session.jsonl that was taken in.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE agentrail.probes (name text PRIMARY KEY, at timestamptz NOT NULL);

  CREATE TABLE agentrail.sessions (
    no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    agent_id text COLLATE "C" NOT NULL,
    title text NOT NULL,
    forked_from text,
    created_at bigint NOT NULL,
    active_at bigint NOT NULL,
    stop_reason text COLLATE "C",
    turns integer NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cache_read_tokens bigint NOT NULL DEFAULT 0,
    cache_write_tokens bigint NOT NULL DEFAULT 0,
    total_tokens bigint NOT NULL DEFAULT 0,
    cost double precision NOT NULL DEFAULT 0,
    next_seq bigint NOT NULL DEFAULT 2,
    live_from bigint NOT NULL DEFAULT 0,
    archives integer NOT NULL DEFAULT 0,
    next_trace bigint NOT NULL DEFAULT 1,
    size_bytes bigint NOT NULL DEFAULT 0,
    UNIQUE (tenant_id, session_id)
  ) WITH (fillfactor = 80);
  CREATE INDEX sessions_newest ON agentrail.sessions (active_at DESC, session_id DESC, tenant_id DESC);
  CREATE INDEX sessions_of_tenant ON agentrail.sessions (tenant_id, active_at DESC, session_id DESC);
  CREATE INDEX sessions_of_user ON agentrail.sessions (tenant_id, user_id, active_at DESC, session_id DESC);
  CREATE INDEX sessions_of_agent ON agentrail.sessions (tenant_id, agent_id, active_at DESC, session_id DESC);

  CREATE TABLE agentrail.messages (
    session_no bigint NOT NULL REFERENCES agentrail.sessions ON DELETE CASCADE,
    seq bigint NOT NULL,
    role text COLLATE "C" NOT NULL,
    is_marker boolean NOT NULL DEFAULT false,
    run_id text COLLATE "C",
    body text NOT NULL,
    PRIMARY KEY (session_no, seq)
  );

  CREATE TABLE agentrail.archives (
    session_no bigint NOT NULL REFERENCES agentrail.sessions ON DELETE CASCADE,
    no integer NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    PRIMARY KEY (session_no, no)
  );

  CREATE TABLE agentrail.texts (
    session_no bigint NOT NULL REFERENCES agentrail.sessions ON DELETE CASCADE,
    seq bigint NOT NULL,
    role text COLLATE "C" NOT NULL,
    at bigint NOT NULL,
    text text NOT NULL,
    PRIMARY KEY (session_no, seq)
  );

  CREATE TABLE agentrail.turns (
    session_no bigint NOT NULL REFERENCES agentrail.sessions ON DELETE CASCADE,
    no integer NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (session_no, no)
  );

  CREATE TABLE agentrail.documents (
    session_no bigint NOT NULL REFERENCES agentrail.sessions ON DELETE CASCADE,
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('memory', 'artifact')),
    name text COLLATE "C" NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (session_no, kind, name)
  );
  ALTER TABLE agentrail.documents ALTER COLUMN content SET STORAGE EXTERNAL;

  CREATE TABLE agentrail.traces (
    session_no bigint NOT NULL REFERENCES agentrail.sessions ON DELETE CASCADE,
    seq bigint NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (session_no, seq)
  );

  CREATE TABLE agentrail.runs (
    run_id text COLLATE "C" PRIMARY KEY,
    tenant_id text COLLATE "C" NOT NULL,
    session_id text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    instance_id text COLLATE "C" NOT NULL,
    info text,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    released_at timestamptz,
    ended_at timestamptz,
    final_seq bigint
  ) WITH (fillfactor = 60);
  CREATE UNIQUE INDEX runs_one_per_session ON agentrail.runs (tenant_id, session_id) WHERE released_at IS NULL;
  CREATE INDEX runs_going_on ON agentrail.runs (expires_at) WHERE ended_at IS NULL;
  CREATE INDEX runs_over ON agentrail.runs (ended_at) WHERE ended_at IS NOT NULL;

  CREATE UNLOGGED TABLE agentrail.run_events (
    run_id text COLLATE "C" NOT NULL,
    first_seq bigint NOT NULL,
    last_seq bigint NOT NULL,
    completed integer NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (run_id, last_seq)
  );

  CREATE UNLOGGED TABLE agentrail.calls (
    call_id text COLLATE "C" PRIMARY KEY,
    instance_id text COLLATE "C" NOT NULL,
    body text NOT NULL,
    answer text,
    made_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX calls_open ON agentrail.calls (instance_id) WHERE answer IS NULL;
  `,
  `
  ALTER TABLE agentrail.documents DROP CONSTRAINT documents_kind_check;
  ALTER TABLE agentrail.documents ADD CONSTRAINT documents_kind_check CHECK (kind IN ('memory', 'artifact', 'file'));

  CREATE TABLE agentrail.totals (
    tenant_id text COLLATE "C" NOT NULL,
    shard integer NOT NULL,
    sessions bigint NOT NULL,
    turns bigint NOT NULL,
    size_bytes bigint NOT NULL,
    total_tokens bigint NOT NULL,
    cost numeric NOT NULL,
    PRIMARY KEY (tenant_id, shard)
  ) WITH (fillfactor = 50);
  LOCK TABLE agentrail.sessions IN SHARE ROW EXCLUSIVE MODE;
  INSERT INTO agentrail.totals
    SELECT tenant_id, no % 64, count(*), sum(turns), sum(size_bytes), sum(total_tokens), sum(cost::numeric)
    FROM agentrail.sessions GROUP BY tenant_id, no % 64;

  CREATE FUNCTION agentrail.count_session() RETURNS trigger LANGUAGE plpgsql AS $count$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        UPDATE agentrail.totals SET sessions = sessions - 1, turns = turns - OLD.turns,
            size_bytes = size_bytes - OLD.size_bytes, total_tokens = total_tokens - OLD.total_tokens,
            cost = cost - OLD.cost::numeric
          WHERE tenant_id = OLD.tenant_id AND shard = OLD.no % 64;
        DELETE FROM agentrail.totals WHERE tenant_id = OLD.tenant_id AND shard = OLD.no % 64 AND sessions <= 0;
      ELSIF TG_OP = 'UPDATE' THEN
        UPDATE agentrail.totals SET turns = turns + NEW.turns - OLD.turns,
            size_bytes = size_bytes + NEW.size_bytes - OLD.size_bytes,
            total_tokens = total_tokens + NEW.total_tokens - OLD.total_tokens,
            cost = cost + NEW.cost::numeric - OLD.cost::numeric
          WHERE tenant_id = NEW.tenant_id AND shard = NEW.no % 64;
      ELSE
        INSERT INTO agentrail.totals AS t
          VALUES (NEW.tenant_id, NEW.no % 64, 1, NEW.turns, NEW.size_bytes, NEW.total_tokens, NEW.cost::numeric)
          ON CONFLICT (tenant_id, shard) DO UPDATE SET sessions = t.sessions + 1, turns = t.turns + excluded.turns,
            size_bytes = t.size_bytes + excluded.size_bytes, total_tokens = t.total_tokens + excluded.total_tokens,
            cost = t.cost + excluded.cost;
      END IF;
      RETURN NULL;
    END
  $count$;
  CREATE TRIGGER count_made_or_gone AFTER INSERT OR DELETE ON agentrail.sessions
    FOR EACH ROW EXECUTE FUNCTION agentrail.count_session();
  CREATE TRIGGER count_changed AFTER UPDATE OF turns, size_bytes, total_tokens, cost ON agentrail.sessions
    FOR EACH ROW EXECUTE FUNCTION agentrail.count_session();

  CREATE TABLE agentrail.instances (
    instance_id text COLLATE "C" PRIMARY KEY,
    host text NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL
  ) WITH (fillfactor = 60);
  `,
];
