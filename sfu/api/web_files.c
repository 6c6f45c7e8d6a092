#include "sfu/api/api.h"
const struct http_routes api_web_routes = {NULL, 0};
