package problem

// Codes of the HTTP interface itself. Those of the ledger, the subsidy rules and the tokens stand in their packages.
const (
	Internal            = "INTERNAL"
	JSONMalformed       = "JSON_MALFORMED"
	BodyTooLarge        = "BODY_TOO_LARGE"
	BodyUnreadable      = "BODY_UNREADABLE"
	BodyRequired        = "BODY_REQUIRED"
	MediaType           = "MEDIA_TYPE_NOT_SUPPORTED"
	NotAcceptable       = "NOT_ACCEPTABLE"
	RouteNotFound       = "ROUTE_NOT_FOUND"
	MethodNotAllowed    = "METHOD_NOT_ALLOWED"
	FieldUnknown        = "FIELD_UNKNOWN"
	FieldType           = "FIELD_TYPE"
	FieldRange          = "FIELD_RANGE"
	AmountInvalid       = "AMOUNT_INVALID"
	QuantityInvalid     = "QUANTITY_INVALID"
	RateInvalid         = "RATE_INVALID"
	DateInvalid         = "DATE_INVALID"
	TimeInvalid         = "TIME_INVALID"
	MonthInvalid        = "MONTH_INVALID"
	USCCInvalid         = "USCC_INVALID"
	InvoiceInvalid      = "INVOICE_NUMBER_INVALID"
	DocumentInvalid     = "DOCUMENT_NUMBER_INVALID"
	IdentifierInvalid   = "IDENTIFIER_INVALID"
	ParameterInvalid    = "PARAMETER_INVALID"
	ParameterUnknown    = "PARAMETER_UNKNOWN"
	CursorInvalid       = "CURSOR_INVALID"
	VersionMismatch     = "VERSION_MISMATCH"
	IfMatchInvalid      = "IF_MATCH_INVALID"
	IfMatchRequired     = "PRECONDITION_REQUIRED"
	IfMatchUnused       = "IF_MATCH_NOT_COMPARED"
	IdempotencyInvalid  = "IDEMPOTENCY_KEY_INVALID"
	IdempotencyReused   = "IDEMPOTENCY_KEY_REUSED"
	IdempotencyInFlight = "IDEMPOTENCY_KEY_IN_FLIGHT"
	TooManyRequests     = "TOO_MANY_REQUESTS"
	LedgerUnavailable   = "LEDGER_UNAVAILABLE"
	LedgerDamaged       = "LEDGER_DAMAGED"
	Starting            = "GATEWAY_STARTING"
	Stopping            = "GATEWAY_STOPPING"
	OutcomeUnknown      = "OUTCOME_UNKNOWN"
	TimedOut            = "TIMED_OUT"
	CallerUnknown       = "CALLER_UNKNOWN"
	CallerNotActive     = "CALLER_NOT_ACTIVE"
	RoleNotHeld         = "ROLE_NOT_HELD"
	RoleNotPermitted    = "ROLE_NOT_PERMITTED"
	KeyNotHosted        = "KEY_NOT_HOSTED"
	KeyHosted           = "KEY_HOSTED"
	TermsNotHere        = "TERMS_NOT_AVAILABLE"
	CommandOfOther      = "COMMAND_OF_OTHER_PARTY"
	BatchSize           = "BATCH_SIZE"
	SheetRefused        = "SHEET_REFUSED"
	RowsRefused         = "ROWS_REFUSED"
	StatementMismatch   = "STATEMENT_MISMATCH"
	RowRepeated         = "ROW_REPEATED"
	RowAltered          = "ROW_ALTERED"
	DecisionUnknown     = "DECISION_UNKNOWN"
	DecisionNotPossible = "DECISION_NOT_POSSIBLE"
	FileRefused         = "FILE_REFUSED"
	NotFound            = "NOT_FOUND"
	BudgetExists        = "BUDGET_EXISTS"
)

type entry struct {
	status int
	text   Text
}

// table holds every code that can be answered.
var table = merge(httpCodes, tokenCodes, commandCodes, ruleCodes, subsidyCodes, fundCodes)

func merge(tables ...map[string]entry) map[string]entry {
	all := map[string]entry{}
	for _, t := range tables {
		for code, e := range t {
			all[code] = e
		}
	}
	return all
}

var httpCodes = map[string]entry{
	Internal:            {500, Text{"Something went wrong on our side; the trace ID helps us to find it", "系统内部错误，请凭跟踪号联系我们"}},
	JSONMalformed:       {400, Text{"The body is not well-formed JSON", "请求体不是格式正确的 JSON"}},
	BodyTooLarge:        {413, Text{"The body is too large", "请求体过大"}},
	BodyUnreadable:      {400, Text{"The body could not be read to its end", "请求体读取失败"}},
	BodyRequired:        {400, Text{"The request needs a body", "缺少请求体"}},
	MediaType:           {415, Text{"The body must be of another media type", "不支持的请求体类型"}},
	NotAcceptable:       {406, Text{"None of the accepted media types can be produced", "无法按 Accept 要求的类型应答"}},
	RouteNotFound:       {404, Text{"There is no such resource", "没有该资源"}},
	BudgetExists:        {409, Text{"The bank has an open budget of that policy, year and document, or it is just being opened", "该行在该政策、年度与文号下已有预算，或正在设立"}},
	NotFound:            {404, Text{"Not found", "未找到"}},
	MethodNotAllowed:    {405, Text{"The resource does not know this method", "该资源不支持此方法"}},
	FieldUnknown:        {422, Text{"There is no such field", "没有该字段"}},
	FieldType:           {422, Text{"The field has the wrong JSON type", "字段的 JSON 类型不正确"}},
	FieldRange:          {422, Text{"The value is outside what is allowed", "取值超出允许范围"}},
	AmountInvalid:       {422, Text{"An amount is a text of yuan with at most two decimals, such as \"1500000.00\"", "金额应为以元为单位、至多两位小数的文本，例如 \"1500000.00\""}},
	QuantityInvalid:     {422, Text{"A quantity is a text of a number with at most six decimals, a space and a unit, such as \"120.5 t\"", "数量应为数字(至多六位小数)、空格加计量单位的文本，例如 \"120.5 t\""}},
	RateInvalid:         {422, Text{"A rate is a text of a fraction between 0 and 1 with at most eight decimals, such as \"0.0385\"", "利率或比率应为 0 至 1 之间、至多八位小数的文本，例如 \"0.0385\""}},
	DateInvalid:         {422, Text{"A date is an existing day of the years 1990 to 2199 written YYYY-MM-DD", "日期应为 1990 至 2199 年间存在的日期，格式 YYYY-MM-DD"}},
	TimeInvalid:         {422, Text{"A time is of RFC 3339, such as \"2026-01-05T09:02:03+08:00\"", "时间应为 RFC 3339 格式，例如 \"2026-01-05T09:02:03+08:00\""}},
	MonthInvalid:        {422, Text{"A month is written YYYY-MM", "月份格式应为 YYYY-MM"}},
	USCCInvalid:         {422, Text{"This is not a unified social credit code", "统一社会信用代码不正确"}},
	InvoiceInvalid:      {422, Text{"This is not an invoice number", "发票号码不正确"}},
	DocumentInvalid:     {422, Text{"This is not a document number", "单据编号不正确"}},
	IdentifierInvalid:   {422, Text{"This is not a valid identifier", "标识不正确"}},
	ParameterInvalid:    {422, Text{"A parameter is invalid", "参数不正确"}},
	ParameterUnknown:    {422, Text{"There is no such parameter", "没有该参数"}},
	CursorInvalid:       {422, Text{"The cursor is not one that was given for this list", "分页游标无效"}},
	VersionMismatch:     {412, Text{"The record has another version than If-Match names; read it again", "记录版本与 If-Match 不符，请重新读取"}},
	IfMatchInvalid:      {422, Text{"If-Match must be one version in quotation marks, such as \"3\"", "If-Match 应为带引号的单个版本号，例如 \"3\""}},
	IfMatchRequired:     {428, Text{"A countersignature binds you to what you saw: name the version you saw with If-Match", "会签须绑定所见内容，请以 If-Match 指明所见版本"}},
	IfMatchUnused:       {422, Text{"This request compares no version with If-Match; leave it out (an item of a batch has its own ifMatch)", "此请求不比对 If-Match 版本，请去掉该请求头（批量操作请在各条目中填写 ifMatch）"}},
	IdempotencyInvalid:  {422, Text{"Idempotency-Key must have 1 to 128 visible ASCII characters", "Idempotency-Key 应为 1 至 128 个可见 ASCII 字符"}},
	IdempotencyReused:   {422, Text{"The Idempotency-Key was used for another request", "Idempotency-Key 已用于其他请求"}},
	IdempotencyInFlight: {409, Text{"The request with this Idempotency-Key is still being worked on", "该 Idempotency-Key 对应的请求仍在处理中"}},
	TooManyRequests:     {429, Text{"Too many requests at once; try again shortly", "请求过多，请稍后重试"}},
	LedgerUnavailable:   {503, Text{"The ledger is not available; nothing was recorded", "账本暂不可用，未作任何记录"}},
	LedgerDamaged:       {503, Text{"The ledger found damage and stopped; nothing was recorded", "账本检测到数据损坏已停止服务，未作任何记录"}},
	Starting:            {503, Text{"The gateway is starting; nothing was recorded", "网关正在启动，未作任何记录"}},
	Stopping:            {503, Text{"The gateway is stopping; nothing was recorded", "网关正在停止，未作任何记录"}},
	OutcomeUnknown:      {504, Text{"The time was up before the outcome was known; repeat the request with the same Idempotency-Key", "超时，结果未知，请使用相同的 Idempotency-Key 重新提交"}},
	TimedOut:            {504, Text{"The time was up", "请求超时"}},
	CallerUnknown:       {403, Text{"The token's party is not in the registry", "令牌所属机构未登记"}},
	CallerNotActive:     {403, Text{"The token's party is not active in the registry", "令牌所属机构状态不是有效"}},
	RoleNotHeld:         {403, Text{"The token claims a role that the party does not have in the registry", "令牌声明的角色与登记不符"}},
	RoleNotPermitted:    {403, Text{"None of the token's roles may do this", "令牌中的角色无权进行此操作"}},
	KeyNotHosted:        {409, Text{"The party keeps its own key; send its signed commands to /v1/commands", "该机构自行保管密钥，请将已签名的指令提交至 /v1/commands"}},
	KeyHosted:           {422, Text{"The key must be given, since this gateway holds none of the party's", "本网关未托管该机构密钥，须提供公钥"}},
	TermsNotHere:        {409, Text{"The command touches a record whose terms this gateway may not know", "指令涉及的记录条款不在本网关可知范围内"}},
	CommandOfOther:      {403, Text{"The command is signed for another party than the token's", "指令所属机构与令牌不符"}},
	BatchSize:           {422, Text{"The list has too few or too many items", "条目数量超出允许范围"}},
	SheetRefused:        {422, Text{"The sheet cannot be imported", "表格无法导入"}},
	StatementMismatch:   {422, Text{"It is not what the fund's statement has on the ledger", "与账本的清算报表不符"}},
	RowsRefused:         {422, Text{"The sheet is not what the ledger has; nothing was recorded", "表格与账本不符，未登记任何内容"}},
	RowRepeated:         {422, Text{"Another row of the sheet decides on the same record; neither is carried out", "表格中另有一行对同一记录作出决定，均未办理"}},
	RowAltered:          {409, Text{"The row is not as it was given out to you; fetch the sheet anew", "该行与下发给贵方的内容不符，请重新下载表格"}},
	DecisionUnknown:     {422, Text{"This is not a decision; write 同意 (agree) or 拒绝 (refuse), or leave the cell empty", "无法识别的决定，请填写 同意 或 拒绝，或留空"}},
	DecisionNotPossible: {422, Text{"What the row asks cannot be decided in this way", "该事项不能作此决定"}},
	FileRefused:         {422, Text{"The file cannot be used as it is", "文件内容不符合要求"}},
}

// tokenCodes are those of gateway/auth (RFC 6750).
var tokenCodes = map[string]entry{
	"TOKEN_MISSING":          {401, Text{"The request carries no bearer token", "请求未携带访问令牌"}},
	"TOKEN_MALFORMED":        {401, Text{"The bearer token cannot be read", "访问令牌格式不正确"}},
	"TOKEN_ALGORITHM":        {401, Text{"The token is signed by an algorithm that is not allowed", "访问令牌的签名算法不被允许"}},
	"TOKEN_ISSUER":           {401, Text{"The token's issuer is not accepted here", "访问令牌的签发方不被接受"}},
	"TOKEN_SIGNATURE":        {401, Text{"The token's signature does not verify", "访问令牌签名验证失败"}},
	"TOKEN_EXPIRED":          {401, Text{"The token has expired", "访问令牌已过期"}},
	"TOKEN_NOT_YET_VALID":    {401, Text{"The token is not valid yet", "访问令牌尚未生效"}},
	"TOKEN_AUDIENCE":         {401, Text{"The token is for another audience", "访问令牌的受众不符"}},
	"TOKEN_PARTY":            {401, Text{"The token names no party that its issuer may speak for", "访问令牌中的机构不正确"}},
	"TOKEN_ROLES":            {401, Text{"The token names no known roles", "访问令牌中的角色不正确"}},
	"TOKEN_KEYS_UNAVAILABLE": {503, Text{"The issuer's keys are not available at present", "暂时无法取得签发方公钥"}},
}
