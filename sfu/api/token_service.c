#include "sfu/api/api.h"
const struct http_routes api_token_routes = {NULL, 0};
