/**
 * Expected consent for every way of setting the level, alone and in all pairs. level-table.test.ts reads each case in a new
 * session of a real server.
 *
 *     conf   postgresql.conf
 *     sys    ALTER SYSTEM
 *     db     ALTER DATABASE
 *     all    ALTER ROLE ALL
 *     rep    ALTER ROLE <the reporting role>             rep@   … IN DATABASE
 *     own    ALTER ROLE <the owner of the job>           own@   … IN DATABASE
 *     sup    ALTER ROLE <the bootstrap superuser>        sup@   … IN DATABASE
 *     opt    PGOPTIONS, the startup options of the session
 *     left   SET by another client in a pooled session
 *
 * In a table of pairs a row is one way and its level. A cell has three letters: for the column's way with the levels off,
 * no_functions and basic. Where row and column are the same way, the cell has one letter, for this way alone.
 *
 *     B   granted: basic          by level-set           b   granted: basic          by level-default
 *     N   granted: no_functions   by level-set           n   granted: no_functions   by level-default
 *     -   denied by level-off
 *     h   denied by level-hidden
 *     u   denied by level-unreadable
 *
 * Three rules explain every cell:
 *
 * - The session of the reporting role sees one level, in PostgreSQL's order of precedence: left, opt, rep@, rep, db, all,
 *   sys, conf, the default. A level of conf, sys or opt is invisible when another way overrides it. The exception is left:
 *   then the overridden level is visible as the value after RESET.
 * - Only conf, sys, db, all and the default can grant consent for the database. Any other level of the session hides them,
 *   except db and all, which are read from the catalogs.
 * - Every visible level can tighten, also a level of a role in the catalogs.
 *
 * Lines that begin with # are comments.
 */

/** Pairs of ways with the library loaded, so that `pg_settings` contains the source of the session's level. */
export const LOADED = `
                  conf  sys   db    all   rep   own   sup   rep@  own@  sup@  opt   left
# ALTER SYSTEM, ALTER DATABASE and ALTER ROLE ALL override the level of the file, which is then invisible.
# A level of the reporting role also makes the level of the file invisible, and the consent is hidden.
# Behind SET in a pooled session the level of the file is visible, as the value after RESET.
conf off           -    -NB   -NB   -NB   -hh   ---   ---   -hh   ---   ---   -hh   ---
conf no_functions  N    -NB   -NB   -NB   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
conf basic         B    -NB   -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
sys off                  -    -NB   -NB   -hh   ---   ---   -hh   ---   ---   -hh   ---
sys no_functions         N    -NB   -NB   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
sys basic                B    -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
# A level of the database is always visible, because it is read from the catalogs, and it can grant.
db off                         -    ---   ---   ---   ---   ---   ---   ---   ---   ---
db no_functions                N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
db basic                       B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
# The same applies to a level of all roles. The database does not override it: all off denies although db is basic.
all off                              -    ---   ---   ---   ---   ---   ---   ---   ---
all no_functions                     N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
all basic                            B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
# The reporting role cannot grant, not even the default level: it cannot be seen that its level equals the default.
rep off                                    -    ---   ---   ---   ---   ---   ---   ---
rep no_functions                           h    -hh   -hh   -hh   -hh   -hh   -hh   -hh
rep basic                                  h    -hh   -hh   -hh   -hh   -hh   -hh   -hh
# The level of another role does not change the session's level, which is TimescaleDB's default, but tightens it.
own off                                          -    ---   ---   ---   ---   ---   ---
own no_functions                                 n    -nn   -hh   -nn   -nn   -hh   -hh
own basic                                        b    -nb   -hh   -nb   -nb   -hh   -hh
sup off                                                -    ---   ---   ---   ---   ---
sup no_functions                                       n    -hh   -nn   -nn   -hh   -hh
sup basic                                              b    -hh   -nb   -nb   -hh   -hh
rep@ off                                                     -    ---   ---   ---   ---
rep@ no_functions                                            h    -hh   -hh   -hh   -hh
rep@ basic                                                   h    -hh   -hh   -hh   -hh
own@ off                                                           -    ---   ---   ---
own@ no_functions                                                  n    -nn   -hh   -hh
own@ basic                                                         b    -nb   -hh   -hh
sup@ off                                                                 -    ---   ---
sup@ no_functions                                                        n    -hh   -hh
sup@ basic                                                               b    -hh   -hh
# Startup options cannot grant. Behind SET in a pooled session they are visible, as the value after RESET.
opt off                                                                        -    ---
opt no_functions                                                               h    -hh
opt basic                                                                      h    -hh
left off                                                                             -
left no_functions                                                                    h
left basic                                                                           h
`;

/** The rows that differ for a role that may read pg_file_settings: it sees more levels, which can tighten. */
export const FILE_IS_READABLE = `
                  conf  sys   db    all   rep   own   sup   rep@  own@  sup@  opt   left
# The level of the file is visible behind every way except ALTER SYSTEM, which replaces it.
conf off           -    -NB   ---   ---   ---   ---   ---   ---   ---   ---   ---   ---
conf no_functions  N    -NB   -NN   -NN   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
conf basic         B    -NB   -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
sys off                  -    ---   ---   ---   ---   ---   ---   ---   ---   ---   ---
sys no_functions         N    -NN   -NN   -hh   -NN   -NN   -hh   -NN   -NN   -hh   -hh
sys basic                B    -NB   -NB   -hh   -NB   -NB   -hh   -NB   -NB   -hh   -hh
`;

/**
 * Pairs of ways with the library not loaded, on a server whose extension has telemetry: PostgreSQL shows the session's level
 * without its source. Only a level stored for the database or for all roles can grant, and every visible off denies.
 */
export const NOT_LOADED = `
                  conf  sys   db    all   rep   own   sup   rep@  own@  sup@  opt   left
conf off           -    -uu   -NB   -NB   -uu   ---   ---   -uu   ---   ---   -uu   -uu
conf no_functions  u    -uu   -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
conf basic         u    -uu   -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
sys off                  -    -NB   -NB   -uu   ---   ---   -uu   ---   ---   -uu   -uu
sys no_functions         u    -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
sys basic                u    -NB   -NB   -uu   -uu   -uu   -uu   -uu   -uu   -uu   -uu
db off                         -    ---   ---   ---   ---   ---   ---   ---   ---   ---
db no_functions                N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
db basic                       B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
all off                              -    ---   ---   ---   ---   ---   ---   ---   ---
all no_functions                     N    -NN   -NN   -NN   -NN   -NN   -NN   -NN   -NN
all basic                            B    -NB   -NB   -NB   -NB   -NB   -NB   -NB   -NB
rep off                                    -    ---   ---   ---   ---   ---   ---   ---
rep no_functions                           u    -uu   -uu   -uu   -uu   -uu   -uu   -uu
rep basic                                  u    -uu   -uu   -uu   -uu   -uu   -uu   -uu
own off                                          -    ---   ---   ---   ---   ---   ---
own no_functions                                 u    -uu   -uu   -uu   -uu   -uu   -uu
own basic                                        u    -uu   -uu   -uu   -uu   -uu   -uu
sup off                                                -    ---   ---   ---   ---   ---
sup no_functions                                       u    -uu   -uu   -uu   -uu   -uu
sup basic                                              u    -uu   -uu   -uu   -uu   -uu
rep@ off                                                     -    ---   ---   ---   ---
rep@ no_functions                                            u    -uu   -uu   -uu   -uu
rep@ basic                                                   u    -uu   -uu   -uu   -uu
own@ off                                                           -    ---   ---   ---
own@ no_functions                                                  u    -uu   -uu   -uu
own@ basic                                                         u    -uu   -uu   -uu
sup@ off                                                                 -    ---   ---
sup@ no_functions                                                        u    -uu   -uu
sup@ basic                                                               u    -uu   -uu
# The value after RESET of a placeholder is invisible: so is the off of startup options behind SET.
opt off                                                                        -    -uu
opt no_functions                                                               u    -uu
opt basic                                                                      u    -uu
left off                                                                             -
left no_functions                                                                    u
left basic                                                                           u
`;

/** Each way alone, with the library loaded: decision, and level, rule and where as in the log line. */
export const LOADED_IN_WORDS = `
nothing            granted  basic         level-default     default
conf off           denied   off           level-off         configuration-file
conf no_functions  granted  no_functions  level-set         configuration-file
conf basic         granted  basic         level-set         configuration-file
sys off            denied   off           level-off         configuration-file
sys no_functions   granted  no_functions  level-set         configuration-file
sys basic          granted  basic         level-set         configuration-file
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   denied   off           level-hidden      role (reporting-role)
rep basic          denied   off           level-hidden      role (reporting-role)
# The place is that of the granting level, the default; the sentence names the place of the tightening level.
own off            denied   off           level-off         role (job-owner)
own no_functions   granted  no_functions  level-default     default
own basic          granted  basic         level-default     default
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   granted  no_functions  level-default     default
sup basic          granted  basic         level-default     default
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  denied   off           level-hidden      role-in-database (reporting-role)
rep@ basic         denied   off           level-hidden      role-in-database (reporting-role)
own@ off           denied   off           level-off         role-in-database (job-owner)
own@ no_functions  granted  no_functions  level-default     default
own@ basic         granted  basic         level-default     default
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  granted  no_functions  level-default     default
sup@ basic         granted  basic         level-default     default
opt off            denied   off           level-off         startup-options
opt no_functions   denied   off           level-hidden      startup-options
opt basic          denied   off           level-hidden      startup-options
left off           denied   off           level-off         session
left no_functions  denied   off           level-hidden      session
left basic         denied   off           level-hidden      session
`;

/** Each way alone, with the library not loaded. */
export const NOT_LOADED_IN_WORDS = `
nothing            denied   off           level-unreadable  not-readable
# The place of a placeholder's value is unknown, unless it is stored in the catalogs.
conf off           denied   off           level-off         unknown
conf no_functions  denied   off           level-unreadable  not-readable
conf basic         denied   off           level-unreadable  not-readable
sys off            denied   off           level-off         unknown
sys no_functions   denied   off           level-unreadable  not-readable
sys basic          denied   off           level-unreadable  not-readable
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   denied   off           level-unreadable  not-readable
rep basic          denied   off           level-unreadable  not-readable
own off            denied   off           level-off         role (job-owner)
own no_functions   denied   off           level-unreadable  not-readable
own basic          denied   off           level-unreadable  not-readable
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   denied   off           level-unreadable  not-readable
sup basic          denied   off           level-unreadable  not-readable
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  denied   off           level-unreadable  not-readable
rep@ basic         denied   off           level-unreadable  not-readable
own@ off           denied   off           level-off         role-in-database (job-owner)
own@ no_functions  denied   off           level-unreadable  not-readable
own@ basic         denied   off           level-unreadable  not-readable
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  denied   off           level-unreadable  not-readable
sup@ basic         denied   off           level-unreadable  not-readable
opt off            denied   off           level-off         unknown
opt no_functions   denied   off           level-unreadable  not-readable
opt basic          denied   off           level-unreadable  not-readable
left off           denied   off           level-off         unknown
left no_functions  denied   off           level-unreadable  not-readable
left basic         denied   off           level-unreadable  not-readable
`;

/** Each way alone, on a server built without telemetry, with the default levelWhenUnset, off. */
export const BUILT_WITHOUT_IN_WORDS = `
nothing            denied   off           level-when-unset  level-when-unset
conf off           denied   off           level-off         unknown
conf no_functions  denied   off           level-hidden      unknown
conf basic         denied   off           level-hidden      unknown
sys off            denied   off           level-off         unknown
sys no_functions   denied   off           level-hidden      unknown
sys basic          denied   off           level-hidden      unknown
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   denied   off           level-hidden      role (reporting-role)
rep basic          denied   off           level-hidden      role (reporting-role)
# There is no job, so there is no job owner.
own off            denied   off           level-when-unset  level-when-unset
own no_functions   denied   off           level-when-unset  level-when-unset
own basic          denied   off           level-when-unset  level-when-unset
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   denied   off           level-when-unset  level-when-unset
sup basic          denied   off           level-when-unset  level-when-unset
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  denied   off           level-hidden      role-in-database (reporting-role)
rep@ basic         denied   off           level-hidden      role-in-database (reporting-role)
own@ off           denied   off           level-when-unset  level-when-unset
own@ no_functions  denied   off           level-when-unset  level-when-unset
own@ basic         denied   off           level-when-unset  level-when-unset
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  denied   off           level-when-unset  level-when-unset
sup@ basic         denied   off           level-when-unset  level-when-unset
opt off            denied   off           level-off         unknown
opt no_functions   denied   off           level-hidden      unknown
opt basic          denied   off           level-hidden      unknown
left off           denied   off           level-off         unknown
left no_functions  denied   off           level-hidden      unknown
left basic         denied   off           level-hidden      unknown
`;

/** Each way alone, on a server built without telemetry, with levelWhenUnset basic, which every visible level can tighten. */
export const CHOSEN_IN_WORDS = `
nothing            granted  basic         level-when-unset  level-when-unset
conf off           denied   off           level-off         unknown
conf no_functions  granted  no_functions  level-when-unset  level-when-unset
conf basic         granted  basic         level-when-unset  level-when-unset
sys off            denied   off           level-off         unknown
sys no_functions   granted  no_functions  level-when-unset  level-when-unset
sys basic          granted  basic         level-when-unset  level-when-unset
db off             denied   off           level-off         database
db no_functions    granted  no_functions  level-set         database
db basic           granted  basic         level-set         database
all off            denied   off           level-off         all-roles
all no_functions   granted  no_functions  level-set         all-roles
all basic          granted  basic         level-set         all-roles
rep off            denied   off           level-off         role (reporting-role)
rep no_functions   granted  no_functions  level-when-unset  level-when-unset
rep basic          granted  basic         level-when-unset  level-when-unset
own off            granted  basic         level-when-unset  level-when-unset
own no_functions   granted  basic         level-when-unset  level-when-unset
own basic          granted  basic         level-when-unset  level-when-unset
sup off            denied   off           level-off         role (bootstrap-superuser)
sup no_functions   granted  no_functions  level-when-unset  level-when-unset
sup basic          granted  basic         level-when-unset  level-when-unset
rep@ off           denied   off           level-off         role-in-database (reporting-role)
rep@ no_functions  granted  no_functions  level-when-unset  level-when-unset
rep@ basic         granted  basic         level-when-unset  level-when-unset
own@ off           granted  basic         level-when-unset  level-when-unset
own@ no_functions  granted  basic         level-when-unset  level-when-unset
own@ basic         granted  basic         level-when-unset  level-when-unset
sup@ off           denied   off           level-off         role-in-database (bootstrap-superuser)
sup@ no_functions  granted  no_functions  level-when-unset  level-when-unset
sup@ basic         granted  basic         level-when-unset  level-when-unset
opt off            denied   off           level-off         unknown
opt no_functions   granted  no_functions  level-when-unset  level-when-unset
opt basic          granted  basic         level-when-unset  level-when-unset
left off           denied   off           level-off         unknown
left no_functions  granted  no_functions  level-when-unset  level-when-unset
left basic         granted  basic         level-when-unset  level-when-unset
`;

/** Some pairs with the library loaded, in the columns of LOADED_IN_WORDS. The deciding level is not always the session's. */
export const PAIRS_IN_WORDS = `
conf off + sys basic                 granted  basic         level-set         configuration-file
conf off + db basic                  granted  basic         level-set         database
conf off + left basic                denied   off           level-off         session-reset-value
conf basic + own no_functions        granted  no_functions  level-set         configuration-file
conf basic + opt basic               denied   off           level-hidden      startup-options
db basic + all off                   denied   off           level-off         all-roles
db basic + all no_functions          granted  no_functions  level-set         database
db no_functions + rep basic          granted  no_functions  level-set         database
db basic + sup@ off                  denied   off           level-off         role-in-database (bootstrap-superuser)
db basic + left no_functions         granted  no_functions  level-set         database
all no_functions + opt basic         granted  no_functions  level-set         all-roles
rep off + rep@ basic                 denied   off           level-off         role (reporting-role)
rep basic + rep@ basic               denied   off           level-hidden      role-in-database (reporting-role)
rep basic + own off                  denied   off           level-off         role (job-owner)
own off + own@ basic                 denied   off           level-off         role (job-owner)
opt off + left basic                 denied   off           level-off         session-reset-value
`;
