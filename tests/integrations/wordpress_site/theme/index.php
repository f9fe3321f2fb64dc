<!doctype html>
<html <?php language_attributes(); ?>><head><meta charset="utf-8"><?php wp_head(); ?></head>
<body><h1>The shop</h1><?php wp_footer(); ?></body></html>
