import type { Title } from '../domain/title.js';
import type { ProblemCode } from './api-failure.js';

/** What a code means and what to do about it. The source of `GET /problems/:code` and of `docs/errors.md`. */
export type ProblemText = { readonly title: Title; readonly action: Title };

/** A code without a text here does not compile. */
export const PROBLEM_TEXTS: Readonly<Record<ProblemCode, ProblemText>> = {
  REQUEST_INVALID: {
    title: { en: 'The request does not have the expected shape', zh: '请求格式不符合要求' },
    action: {
      en: 'Correct the fields listed in `issues`; `/openapi.json` has the schema of every request.',
      zh: '按 `issues` 所列字段更正；各请求的结构见 `/openapi.json`。',
    },
  },
  BODY_MALFORMED: {
    title: { en: 'The body is not well-formed JSON', zh: '请求体不是有效的 JSON' },
    action: { en: 'Send UTF-8 JSON (RFC 8259).', zh: '请发送 UTF-8 编码的 JSON（RFC 8259）。' },
  },
  BODY_TOO_LARGE: {
    title: { en: 'The body is too large', zh: '请求体过大' },
    action: {
      en: 'Stay under `limit` bytes: send fewer commands in one request, or keep documents outside and send their digest.',
      zh: '请求体须小于 `limit` 字节：减少一次发送的命令数，或将材料另行保存，仅发送其摘要。',
    },
  },
  BODY_TOO_DEEP: {
    title: { en: 'The body is nested too deeply', zh: '请求体嵌套过深' },
    action: { en: 'Flatten the data to at most `limit` levels.', zh: '将数据嵌套层数减至 `limit` 层以内。' },
  },
  BODY_TYPE_UNSUPPORTED: {
    title: { en: 'The body has a type that is not read here', zh: '不支持的请求体类型' },
    action: {
      en: 'Send `Content-Type: application/json`, in UTF-8.',
      zh: '请使用 `Content-Type: application/json`（UTF-8）。',
    },
  },
  TOKEN_MISSING: {
    title: { en: 'No bearer token', zh: '缺少访问令牌' },
    action: {
      en: 'Send `Authorization: Bearer …`. For development, `caseledger token` makes one.',
      zh: '请发送 `Authorization: Bearer …`。开发环境可用 `caseledger token` 签发。',
    },
  },
  TOKEN_INVALID: {
    title: { en: 'The bearer token is not accepted', zh: '访问令牌无效' },
    action: {
      en: 'Get a token from the issuer this server trusts: signature, issuer, audience and claims must fit. The server log says which did not.',
      zh: '请向本服务信任的签发方获取令牌：签名、签发方、受众和声明均须相符。具体原因见服务日志。',
    },
  },
  TOKEN_EXPIRED: {
    title: { en: 'The bearer token has expired', zh: '访问令牌已过期' },
    action: {
      en: 'Get a new token and send the same request again, under the same command id.',
      zh: '获取新令牌后，以相同命令编号重新发送同一请求。',
    },
  },
  TOKEN_KEYS_UNAVAILABLE: {
    title: { en: 'The keys of the token issuer cannot be had', zh: '无法获取令牌签发方的密钥' },
    action: {
      en: 'Send the same request again after `Retry-After` seconds. For the operator: the key set (JWKS) does not answer.',
      zh: '请在 `Retry-After` 秒后重发同一请求。运维处理：密钥集（JWKS）无响应。',
    },
  },
  COMMAND_ID_MISSING: {
    title: { en: 'The command has no id', zh: '命令缺少编号' },
    action: {
      en: 'Choose an id (a UUID will do), send it as `Idempotency-Key` or `commandId`, and use it again whenever you send this command again.',
      zh: '自选一个编号（如 UUID），以 `Idempotency-Key` 或 `commandId` 发送；重发同一命令时沿用该编号。',
    },
  },
  COMMAND_ID_AMBIGUOUS: {
    title: { en: 'Header and body name different commands', zh: '请求头与请求体的命令编号不一致' },
    action: {
      en: 'Send the command id in one of the two places, or the same in both.',
      zh: '仅在一处给出命令编号，或两处保持一致。',
    },
  },
  RATE_LIMITED: {
    title: { en: 'Too many requests', zh: '请求过于频繁' },
    action: {
      en: 'Wait `Retry-After` seconds. `POST /commands` takes up to 1,000 commands in one request.',
      zh: '请等待 `Retry-After` 秒。`POST /commands` 一次可提交至多 1,000 条命令。',
    },
  },
  ROUTE_UNKNOWN: {
    title: { en: 'There is nothing at this address', zh: '地址不存在' },
    action: {
      en: 'See `/docs` or `/openapi.json` for the addresses there are.',
      zh: '可用地址见 `/docs` 或 `/openapi.json`。',
    },
  },
  METHOD_NOT_ALLOWED: {
    title: { en: 'This address does not take that method', zh: '该地址不支持此方法' },
    action: { en: 'Use one of the methods in `allowed`.', zh: '请使用 `allowed` 所列方法。' },
  },
  NOT_ACCEPTABLE: {
    title: { en: 'The answer has no form the client accepts', zh: '无法提供客户端要求的格式' },
    action: { en: 'Accept one of the types in `offered`.', zh: '请接受 `offered` 所列类型之一。' },
  },
  INTERNAL: {
    title: { en: 'Something went wrong inside', zh: '系统内部错误' },
    action: {
      en: 'Send the same command again under the same id: it is stored at most once. If it stays, give the operator the `request` id.',
      zh: '以相同编号重发同一命令，不会重复入账。若仍失败，请将 `request` 编号告知运维人员。',
    },
  },

  WORKFLOW_UNKNOWN: {
    title: { en: 'There is no such workflow', zh: '流程不存在' },
    action: {
      en: 'Use one of the names in `known`; `GET /workflows` lists them.',
      zh: '请使用 `known` 所列名称；清单见 `GET /workflows`。',
    },
  },
  WORKFLOW_VERSION_UNKNOWN: {
    title: { en: 'The workflow has no such version', zh: '流程版本不存在' },
    action: {
      en: 'Use one of the versions in `known`. An operator who sees this on stored cases must register the released version again.',
      zh: '请使用 `known` 所列版本。若已存案件出现此错误，运维人员须重新注册已发布的版本。',
    },
  },
  CASE_NOT_FOUND: {
    title: { en: 'There is no such case', zh: '案件不存在' },
    action: {
      en: 'Check workflow and case id. A case outside your reach answers the same.',
      zh: '请核对流程和案件编号。超出权限范围的案件返回相同结果。',
    },
  },
  CASE_EXISTS: {
    title: { en: 'The case is already open', zh: '案件已存在' },
    action: {
      en: 'Send events to it, or open another under a new id. To resend the opening, use its first command id.',
      zh: '向该案件发送事件，或以新编号立案。重发立案命令请沿用原命令编号。',
    },
  },
  CASE_ID_INVALID: {
    title: { en: 'That cannot be a case id', zh: '案件编号无效' },
    action: {
      en: "Use 1 to 100 letters, digits, `.`, `_`, `~` or `-`; never a person's name or number.",
      zh: '使用 1 至 100 个字母、数字、`.`、`_`、`~` 或 `-`；不得使用个人姓名或证件号。',
    },
  },
  EVENT_UNKNOWN: {
    title: { en: 'The workflow has no such event', zh: '事件不存在' },
    action: { en: 'Use one of the events in `known`.', zh: '请使用 `known` 所列事件。' },
  },
  EVENT_NOT_ALLOWED: {
    title: { en: 'The event is not allowed in this state', zh: '当前状态不允许该事件' },
    action: {
      en: 'Look at `state` and `allowed`; `GET …/next` says what may follow and for whom.',
      zh: '查看 `state` 和 `allowed`；`GET …/next` 给出可办理的后续事件及权限。',
    },
  },
  GUARD_DENIED: {
    title: { en: 'A rule of the workflow says no', zh: '不满足办理条件' },
    action: {
      en: 'Each entry of `reasons` says which rule, in its own words.',
      zh: '`reasons` 逐条说明未满足的规则。',
    },
  },
  EVENT_DATA_INVALID: {
    title: { en: 'The data of the event is invalid', zh: '事件数据无效' },
    action: { en: 'Correct the fields listed in `issues`.', zh: '按 `issues` 所列字段更正。' },
  },
  ROLE_NOT_PERMITTED: {
    title: { en: 'The role may not do this', zh: '角色无此权限' },
    action: {
      en: 'Somebody with one of the roles in `required` must do it.',
      zh: '须由具有 `required` 所列角色之一的人员办理。',
    },
  },
  OUT_OF_SCOPE: {
    title: { en: 'Outside the reach of the role', zh: '超出管辖范围' },
    action: {
      en: 'Somebody of the department or region in charge must do it.',
      zh: '须由主管部门或所属地区人员办理。',
    },
  },
  SAME_PERSON: {
    title: { en: 'Two different people are needed', zh: '须由不同人员办理' },
    action: {
      en: 'Somebody other than whoever sent `separateFrom` must send this one.',
      zh: '须由发送 `separateFrom` 事件者以外的人员办理。',
    },
  },
  BACKDATE_REFUSED: {
    title: { en: 'The event cannot have happened then', zh: '事件发生时间不被接受' },
    action: {
      en: 'Give an `occurredAt` that is not before `earliest` and not in the future.',
      zh: '`occurredAt` 不得早于 `earliest`，也不得晚于当前时间。',
    },
  },
  REASON_REQUIRED: {
    title: { en: 'A reason is needed', zh: '须说明理由' },
    action: { en: 'Send the command with a `reason`.', zh: '请在命令中填写 `reason`。' },
  },
  TOO_EARLY: {
    title: { en: 'A minimum period has not passed', zh: '未满最短期限' },
    action: {
      en: 'Send it again from `allowedFrom` (the day `allowedOn`). While a pause holds the period, that is the earliest there can be.',
      zh: '请自 `allowedFrom`（`allowedOn` 当日）起再办理；期限中止期间，该日期为最早可能日期。',
    },
  },
  TOO_LATE: {
    title: { en: 'The time in which it could be done is over', zh: '已过办理时限' },
    action: {
      en: 'The last day was `dueOn`. It cannot be done any more unless the deadline it depends on moves.',
      zh: '最后期限为 `dueOn`，除所依附的期限变动外，不再受理。',
    },
  },
  EXTENSION_REFUSED: {
    title: { en: 'The deadline cannot be extended', zh: '期限不得延长' },
    action: {
      en: 'See `why`: `expired` (before expiry only; it was `dueOn`), `overLimit` (no more than `max` times), `notRunning` (nothing to extend).',
      zh: '见 `why`：`expired`（仅可在期满前延长，期满日为 `dueOn`）、`overLimit`（最多 `max` 次）、`notRunning`（无可延长的期限）。',
    },
  },
  FACT_UNAVAILABLE: {
    title: { en: 'A fact the decision depends on cannot be had', zh: '无法取得裁量所需事实' },
    action: {
      en: 'Nothing was decided. Send the same command again once `source` answers.',
      zh: '未作任何处理。待 `source` 恢复后重发同一命令。',
    },
  },
  COMMAND_INVALID: {
    title: { en: 'The command is invalid', zh: '命令无效' },
    action: { en: 'Correct the fields listed in `issues`.', zh: '按 `issues` 所列字段更正。' },
  },
  COMMAND_ID_REUSED: {
    title: { en: 'The command id was used for something else', zh: '命令编号已用于其他内容' },
    action: {
      en: 'A new command needs a new id. To resend, send exactly what was sent first.',
      zh: '新命令须用新编号；重发时内容须与首次完全一致。',
    },
  },
  REVISION_CONFLICT: {
    title: { en: 'The case has gone on meanwhile', zh: '案件已有新进展' },
    action: {
      en: 'Read the case again (it is at revision `actual`), then decide whether to send the command with the new `If-Match`.',
      zh: '重新读取案件（现为第 `actual` 版），确认后以新的 `If-Match` 发送。',
    },
  },
  APPEND_TOO_LARGE: {
    title: { en: 'The events are too large to be stored', zh: '事件数据过大' },
    action: {
      en: 'Stay under `limit` bytes in one command; keep documents outside and send their digest.',
      zh: '单个命令须小于 `limit` 字节；材料另行保存，仅发送其摘要。',
    },
  },
  OVERLOADED: {
    title: { en: 'Too much at once', zh: '系统繁忙' },
    action: {
      en: 'Nothing was stored. Send the same command again after `Retry-After` seconds, under the same id.',
      zh: '未存储任何内容。请在 `Retry-After` 秒后以相同编号重发。',
    },
  },
  REPLAY_DIVERGED: {
    title: { en: 'The case does not replay as it was recorded', zh: '案件重放结果与记录不符' },
    action: {
      en: 'For the operator: a registered definition differs from the one the case was recorded under. Run `caseledger check`.',
      zh: '运维处理：已注册的流程定义与记录时不同。请运行 `caseledger check`。',
    },
  },
  ENVELOPE_UNKNOWN: {
    title: { en: 'A stored event cannot be read by this version', zh: '当前版本无法读取已存事件' },
    action: {
      en: 'For the operator: run the newest version that has written to this ledger.',
      zh: '运维处理：请使用曾写入本台账的最新版本。',
    },
  },
  MIGRATION_REFUSED: {
    title: { en: 'The case cannot be moved to that version', zh: '案件无法迁移至该版本' },
    action: {
      en: 'The history does not replay under it, or the case is there already. Leave it, or write a migration.',
      zh: '历史在该版本下无法重放，或案件已在该版本。请保持不变或编写迁移规则。',
    },
  },
  DEFINITION_INVALID: {
    title: { en: 'A workflow definition is invalid', zh: '流程定义无效' },
    action: { en: 'For its author: correct every entry of `problems`.', zh: '由编写者按 `problems` 逐条更正。' },
  },
  SUBJECT_NOT_FOUND: {
    title: { en: 'There is no such data subject', zh: '数据主体不存在' },
    action: {
      en: 'Check the reference; leave `subjectRef` out for somebody new.',
      zh: '请核对编号；新主体无需填写 `subjectRef`。',
    },
  },
  SUBJECT_ERASED: {
    title: { en: 'The personal data has been erased', zh: '个人信息已删除' },
    action: {
      en: 'Nothing more can be recorded about this subject. File anew under a new one.',
      zh: '不能再记录该主体信息。请以新主体重新办理。',
    },
  },
  SUBJECT_MISSING: {
    title: { en: 'The case names nobody the personal data could belong to', zh: '个人信息缺少所属主体' },
    action: { en: 'First send the event that names the applicant.', zh: '请先发送登记申请人的事件。' },
  },
  ERASURE_REFUSED: {
    title: { en: 'The data must be kept for now', zh: '尚不得删除' },
    action: {
      en: 'Ask again after `until`, or once the open case has ended and its archive term is over.',
      zh: '请在 `until` 之后，或案件办结且归档期满后再申请。',
    },
  },
  KEY_STORE_UNREADABLE: {
    title: { en: 'The key store cannot be read', zh: '密钥库无法读取' },
    action: {
      en: 'For the operator: check the master key and the key file; restore both from the backup.',
      zh: '运维处理：核对主密钥与密钥文件，必要时从备份恢复。',
    },
  },
  STORE_NOT_A_LEDGER: {
    title: { en: 'The file is not a ledger', zh: '文件不是台账' },
    action: { en: 'For the operator: check the path.', zh: '运维处理：请核对路径。' },
  },
  STORE_TOO_NEW: {
    title: { en: 'The ledger was written by a newer version', zh: '台账由更新版本写入' },
    action: { en: 'For the operator: run that version.', zh: '运维处理：请使用该版本。' },
  },
  STORE_CORRUPT: {
    title: { en: 'The ledger is damaged', zh: '台账已损坏' },
    action: {
      en: 'For the operator: stop writing, restore from the backup, compare with the last checkpoint.',
      zh: '运维处理：停止写入，从备份恢复，并与最近检查点核对。',
    },
  },
  STORE_FULL: {
    title: { en: 'The store has no room left', zh: '存储空间已满' },
    action: {
      en: 'Nothing was stored. Once the operator has made room, send the same command again.',
      zh: '未存储任何内容。待运维人员扩容后重发同一命令。',
    },
  },
  STORE_UNAVAILABLE: {
    title: { en: 'The store cannot be reached', zh: '存储不可用' },
    action: {
      en: 'Send the same command again after `Retry-After` seconds, under the same id.',
      zh: '请在 `Retry-After` 秒后以相同编号重发。',
    },
  },
  STORE_OUTCOME_UNKNOWN: {
    title: { en: 'Whether the command was stored is unknown', zh: '命令是否入账尚不确定' },
    action: {
      en: 'Send the same command again under the same id: it is stored once, and you get its answer.',
      zh: '以相同编号重发同一命令：只会入账一次，并返回结果。',
    },
  },
  STORE_CLOSED: {
    title: { en: 'The server is going down', zh: '服务正在停止' },
    action: {
      en: 'Send the same command again after `Retry-After` seconds, under the same id.',
      zh: '请在 `Retry-After` 秒后以相同编号重发。',
    },
  },
  POSITION_INVALID: {
    title: { en: 'That is not a position token', zh: '位置令牌无效' },
    action: {
      en: 'Send back the `position` of an earlier answer, unchanged.',
      zh: '请原样回传先前返回的 `position`。',
    },
  },
  POSITION_FOREIGN: {
    title: { en: 'The position token belongs to another ledger', zh: '位置令牌属于其他台账' },
    action: {
      en: 'Use a position this ledger gave; after a move to another ledger begin without one.',
      zh: '请使用本台账返回的位置；更换台账后从头开始。',
    },
  },
  PROJECTION_BEHIND: {
    title: { en: 'The read model is not there yet', zh: '查询数据尚未更新' },
    action: {
      en: 'It is `behind` events behind. Ask again after `Retry-After` seconds, or without `min-position`.',
      zh: '尚落后 `behind` 个事件。请在 `Retry-After` 秒后再查，或不带 `min-position` 查询。',
    },
  },
  PROJECTION_HALTED: {
    title: { en: 'The read model has stopped', zh: '查询数据已停止更新' },
    action: {
      en: 'For the operator: `/ready` names it; correct the cause, then rebuild it or move it past the event.',
      zh: '运维处理：见 `/ready`；排除原因后重建或跳过该事件。',
    },
  },
  PROJECTION_UNKNOWN: {
    title: { en: 'There is no such read model', zh: '查询模型不存在' },
    action: { en: 'Use one of the names in `known`.', zh: '请使用 `known` 所列名称。' },
  },
  CURSOR_INVALID: {
    title: { en: 'The page cursor was not made by this list', zh: '分页游标无效' },
    action: {
      en: 'Follow the `next` link of a page with the same filter, or begin without a cursor.',
      zh: '请使用同一筛选条件下的 `next` 链接，或从首页开始。',
    },
  },
  CALENDAR_UNKNOWN: {
    title: { en: 'There is no such calendar', zh: '工作日历不存在' },
    action: {
      en: 'Use one of the names in `known`; `GET /calendars` lists them.',
      zh: '请使用 `known` 所列名称；清单见 `GET /calendars`。',
    },
  },
  NOTICE_EXISTS: {
    title: { en: 'The calendar has a notice of that id', zh: '该编号的通知已发布' },
    action: {
      en: 'A notice is never edited. Publish the change under an id of its own, with `amends` naming the notice it changes. To resend, use the first command id.',
      zh: '通知一经发布不得修改。如需变更，请以新编号发布，并在 `amends` 中指明所变更的通知。重发请沿用原命令编号。',
    },
  },
  CALENDAR_INVALID: {
    title: { en: 'The calendar is not valid', zh: '日历无效' },
    action: { en: 'Correct every entry of `problems`.', zh: '按 `problems` 逐条更正。' },
  },
  TERM_INVALID: {
    title: { en: 'The term cannot be counted', zh: '期限无法计算' },
    action: { en: 'Give a whole amount within the limits of its unit.', zh: '请给出单位范围内的整数。' },
  },
  POLICY_INVALID: {
    title: { en: 'A policy file is not valid', zh: '政策文件无效' },
    action: {
      en: 'Correct the file at the paths listed in `issues`; nothing of it is in force.',
      zh: '按 `issues` 所列路径更正文件；更正前整份文件不生效。',
    },
  },
  DEADLINE_UNKNOWN: {
    title: { en: 'The case has no such deadline', zh: '期限不存在' },
    action: {
      en: 'Use one of the names in `known`: those that some event of the case has started.',
      zh: '请使用 `known` 所列期限，即已由案件事件起算的期限。',
    },
  },
  REACTION_INVALID: {
    title: { en: 'A reaction does not fit the workflows it joins', zh: '流程联动定义与相关流程不符' },
    action: {
      en: 'Correct the reaction as `problems` say. One that yields what it does not declare is parked meanwhile; release it afterwards.',
      zh: '按 `problems` 所列更正流程联动定义。运行中产生未声明指令的，该项暂停处理，更正后再予放行。',
    },
  },
  REACTION_NOT_PARKED: {
    title: { en: 'Nothing is parked under this id', zh: '没有该编号的暂停处理项' },
    action: {
      en: 'See `GET /reactions/parked`: it may have been released, skipped or settled already, or be trying again by itself.',
      zh: '请查看 `GET /reactions/parked`：该项可能已放行、跳过或办结，或正在自动重试。',
    },
  },
  WEBHOOK_UNKNOWN: {
    title: { en: 'There is no such webhook', zh: '订阅不存在' },
    action: { en: 'Use one of the names in `known`.', zh: '请使用 `known` 所列名称。' },
  },
  WEBHOOK_EXISTS: {
    title: { en: 'There is a webhook of this name already', zh: '同名订阅已存在' },
    action: {
      en: 'Choose another name, or remove the webhook first; to change its secret, add one to it.',
      zh: '请另取名称或先删除该订阅；更换密钥请为其新增密钥。',
    },
  },
  WEBHOOK_REFUSED: {
    title: { en: 'The webhook cannot be set up like this', zh: '订阅设置不符合要求' },
    action: {
      en: 'Correct the fields listed in `issues`. Messages go over https, to hosts that `CASELEDGER_WEBHOOK_HOSTS` lists.',
      zh: '按 `issues` 所列字段更正。消息仅经 https 发送至 `CASELEDGER_WEBHOOK_HOSTS` 所列主机。',
    },
  },
  DEAD_LETTER_UNKNOWN: {
    title: { en: 'There is no such dead letter', zh: '死信不存在' },
    action: {
      en: 'List the dead letters again: it may have been resent, skipped or delivered meanwhile.',
      zh: '请重新查询死信列表：该消息可能已被重发、跳过或送达。',
    },
  },
  LOG_NOT_FOUND: {
    title: { en: 'There is no such log', zh: '日志文件不存在' },
    action: { en: 'Check the path.', zh: '请核对路径。' },
  },
  LOG_INVALID: {
    title: { en: 'The log cannot be read', zh: '日志无法读取' },
    action: {
      en: 'Correct the place named, or say with a map what its columns mean.',
      zh: '更正所指位置，或用映射说明各列含义。',
    },
  },
  LOG_UNSAFE: {
    title: { en: 'The log is refused as unsafe', zh: '日志存在安全风险，已拒绝' },
    action: {
      en: 'Export it again without entities, and within the limits of size and depth.',
      zh: '请去除实体定义并在大小和嵌套限制内重新导出。',
    },
  },
  LOG_MAP_INVALID: {
    title: { en: 'The map of the log is not valid', zh: '日志映射无效' },
    action: { en: 'Correct every entry of `problems`.', zh: '按 `problems` 逐条更正。' },
  },
  LOG_CONFLICT: {
    title: { en: 'The log differs from what was imported before', zh: '日志与先前导入的内容不符' },
    action: {
      en: 'Import the same log unchanged, or into a new ledger.',
      zh: '请导入未经改动的同一日志，或导入新台账。',
    },
  },
};
