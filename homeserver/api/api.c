/* SPDX-License-Identifier: Apache-2.0 */
#include "homeserver/api/api.h"

bool api_read_body(struct http_request *request, struct http_reply *reply,
	const struct json_field *fields, size_t count, void *into)
{
	struct json_read_error error = {JSON_FAULT_NONE, ""};
	if (json_read(request->json, fields, count, into, &error) == STATUS_OK)
		return true;
	switch (error.fault) {
	case JSON_FAULT_MISSING:
		(void)http_error(reply, 400, "M_MISSING_PARAM", "\"%s\" is missing", error.key);
		break;
	case JSON_FAULT_LIMIT:
		(void)http_error(reply, 400, "M_INVALID_PARAM",
			"\"%s\" is too long or out of range", error.key);
		break;
	case JSON_FAULT_KIND:
	case JSON_FAULT_NONE:
		(void)http_error(reply, 400, "M_BAD_JSON", "\"%s\" has the wrong type", error.key);
		break;
	}
	return false;
}

struct status_reply {
	int http;
	const char *errcode;
	const char *why;
};

static struct status_reply reply_for(enum status status)
{
	switch (status) {
	case STATUS_OK:
		break;
	case STATUS_INVALID:
		return (struct status_reply){400, "M_INVALID_PARAM", "The request is not valid"};
	case STATUS_TOO_LARGE:
		return (struct status_reply){413, "M_TOO_LARGE", "The request is too large"};
	case STATUS_NOT_FOUND:
		return (struct status_reply){404, "M_NOT_FOUND", "Not found"};
	case STATUS_EXISTS:
	case STATUS_CONFLICT:
		return (struct status_reply){409, "M_UNKNOWN", "It exists already"};
	case STATUS_DENIED:
		return (struct status_reply){403, "M_FORBIDDEN", "You may not do this"};
	case STATUS_LIMITED:
		return (struct status_reply){429, "M_LIMIT_EXCEEDED", "Too many requests"};
	case STATUS_UNAVAILABLE:
	case STATUS_TIMEOUT:
		return (struct status_reply){504, "M_UNKNOWN", "No answer in time, try again"};
	case STATUS_IO:
		return (struct status_reply){
			503, "M_UNKNOWN", "It could not be saved or read, try again"};
	case STATUS_INTERNAL:
		break;
	}
	return (struct status_reply){500, "M_UNKNOWN", "Internal error"};
}

enum http_outcome api_status(struct http_reply *reply, enum status status, const char *why)
{
	struct status_reply answer = reply_for(status);
	return http_error(reply, answer.http, answer.errcode, "%s", why != NULL ? why : answer.why);
}
