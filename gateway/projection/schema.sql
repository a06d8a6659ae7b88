-- The tables of the read model, for SQLite. Everything here is derived from committed blocks, in such a
-- way that the rows do not depend on how the blocks were grouped or how often the feed was interrupted.

-- The newest block is the checkpoint: it is written together with the rows that its block changed.
CREATE TABLE blocks (
    number INTEGER PRIMARY KEY,
    hash   TEXT    NOT NULL,
    time   INTEGER NOT NULL            -- milliseconds since 1970, as every time here
);

-- Public values of the ledger as they are, other than records and commands: charter, parties, policies,
-- registers of documents, encumbrance books, claims of loans.
CREATE TABLE facts (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

-- A record with its opened terms in one row, so that no reader ever sees one without the other.
CREATE TABLE records (
    id      TEXT PRIMARY KEY,
    kind    TEXT    NOT NULL,
    state   TEXT    NOT NULL,
    owner   TEXT    NOT NULL,
    number  TEXT    NOT NULL,          -- order or invoice number, '' for none or unknown
    due     TEXT    NOT NULL,          -- YYYY-MM-DD, '' for none or unknown
    amount  INTEGER NOT NULL,          -- fen, 0 for none or unknown
    seller   TEXT    NOT NULL,         -- of an order or a receivable, '' for none or unknown, as the next four
    buyer    TEXT    NOT NULL,
    contract TEXT    NOT NULL,         -- number of the order's contract
    traded   TEXT    NOT NULL,         -- YYYY-MM-DD: when the order was signed or the invoice issued
    owed     INTEGER NOT NULL,         -- fen that are outstanding of a live receivable
    policy   TEXT    NOT NULL,         -- of a subsidy claim, '' for none or unknown
    settleable INTEGER NOT NULL,       -- fen that the bureau could settle with a subsidy claim
    awaited INTEGER NOT NULL,          -- 1 when an organisation of this gateway is entitled to an opening that has not come yet
    header  BLOB    NOT NULL,          -- as on the ledger
    opening BLOB                       -- NULL when this gateway may not know the terms
);
CREATE INDEX records_state ON records (kind, state, id);
CREATE INDEX records_number ON records (number) WHERE number <> '';
CREATE INDEX records_traded ON records (seller, buyer, kind, traded, amount, id) WHERE seller <> '';
CREATE INDEX records_contract ON records (seller, buyer, contract, id) WHERE contract <> '';
CREATE INDEX records_owed ON records (seller, buyer, owed, id) WHERE owed > 0;
CREATE INDEX records_settleable ON records (owner, policy, id, settleable) WHERE settleable > 0;
CREATE INDEX records_awaited ON records (id) WHERE awaited = 1;

-- Who may read a record, why, and until which day. The record's state stands here too, so that a party with
-- very many records finds the few in a state at once.
CREATE TABLE readers (
    party  TEXT NOT NULL,
    record TEXT NOT NULL,
    state  TEXT NOT NULL,
    until  TEXT NOT NULL,
    why    TEXT NOT NULL,
    PRIMARY KEY (party, record)
) WITHOUT ROWID;
CREATE INDEX readers_state ON readers (party, state, record, until, why);

-- Which record names which other one.
CREATE TABLE links (
    target TEXT NOT NULL,
    rel    TEXT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (target, rel, record)
) WITHOUT ROWID;

-- Decided commands, accepted and refused, with the evidence itself.
CREATE TABLE commands (
    id       TEXT PRIMARY KEY,
    record   TEXT    NOT NULL,         -- the subject
    verb     TEXT    NOT NULL,
    party    TEXT    NOT NULL,
    status   TEXT    NOT NULL,
    code     TEXT    NOT NULL,
    block    INTEGER NOT NULL,
    tx_index INTEGER NOT NULL,         -- of the transaction in its block
    idx      INTEGER NOT NULL,         -- of the command in its transaction
    recorded INTEGER NOT NULL,
    tx       TEXT    NOT NULL,
    jws      TEXT    NOT NULL,
    result   BLOB    NOT NULL
);
CREATE INDEX commands_record ON commands (record, block, tx_index, idx);
CREATE INDEX commands_refused ON commands (block, tx_index, idx) WHERE status = 'refused';
