/* SPDX-License-Identifier: Apache-2.0 */
#include "sfu/api/openid.h"

#include "common/http/client.h"
#include "common/json/json.h"
#include "common/matrix/ids.h"
#include "config/config.h"
#include "sfu/sfu.h"

#define LOG_MODULE "meeting-page"
#include "common/base/log.h"

#define TOKEN_MAX_BYTES 1024
#define TIMEOUT_MS	5000

static bool refuse(struct http_reply *reply, int status, const char *errcode, const char *text)
{
	(void)http_error(reply, status, errcode, "%s", text);
	return false;
}

static enum status ask(struct http_request *request, struct str token, struct http_answer *out)
{
	const struct sfu *sfu = api_sfu(request);
	BUF_SCOPE(url, (size_t)8 * 1024);
	buf_printf(&url, "%s/_matrix/federation/v1/openid/userinfo?access_token=",
		sfu->config->sfu.homeserver_url);
	http_escape(&url, token);
	const struct http_call call = {
		.method = "GET",
		.url = buf_str(&url).p,
		.timeout_ms = TIMEOUT_MS,
		.cancel = &sfu->stopping,
		.max_answer = (size_t)64 * 1024,
	};
	enum status status = buf_status(&url);
	if (status == STATUS_OK)
		status = http_call(api_worker_of(request)->client, request->arena, &call, out);
	return status;
}

static bool read_answer(struct http_request *request, struct http_reply *reply,
	const struct http_answer *answer, struct str *user_id_out)
{
	struct str ours = str_c(api_sfu(request)->config->server_name);
	struct matrix_id id;
	const struct json *json;
	if (json_parse(request->arena, answer->body, &json, NULL) != STATUS_OK ||
		user_id_parse(json_str(json_get(json, "sub")), &id) != STATUS_OK) {
		log_warning("the homeserver's answer about an OpenID token cannot be read");
		return refuse(reply, 502, "M_UNKNOWN", "The homeserver's answer cannot be read");
	}
	if (!str_eq(id.server, ours))
		return refuse(reply, 403, "M_FORBIDDEN", "Not an account of this homeserver");
	*user_id_out = json_str(json_get(json, "sub"));
	return true;
}

bool openid_check(struct http_request *request, struct http_reply *reply, const struct json *token,
	struct str *user_id_out)
{
	struct str access = json_str(json_get(token, "access_token"));
	struct str server = json_str(json_get(token, "matrix_server_name"));
	struct http_answer answer;
	if (access.n == 0 || server.n == 0)
		return refuse(reply, 400, "M_BAD_JSON",
			"openid_token needs access_token and matrix_server_name");
	if (access.n > TOKEN_MAX_BYTES || str_contains_nul(access))
		return refuse(reply, 401, "M_UNAUTHORIZED", "Unknown OpenID token");
	if (!str_eq_c(server, api_sfu(request)->config->server_name))
		return refuse(reply, 403, "M_FORBIDDEN", "Not an account of this homeserver");
	enum status status = ask(request, access, &answer);
	if (status != STATUS_OK || answer.status >= 500 || answer.status == 429) {
		log_warning("the homeserver does not say whose an OpenID token is: %s",
			status == STATUS_OK ? "an error of its own" : status_name(status));
		return refuse(reply, 502, "M_UNKNOWN", "The homeserver does not answer");
	}
	if (answer.status != 200)
		return refuse(reply, 401, "M_UNAUTHORIZED", "Unknown or expired OpenID token");
	return read_answer(request, reply, &answer, user_id_out);
}
