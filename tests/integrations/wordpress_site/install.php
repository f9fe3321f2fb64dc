<?php
// Installs WordPress, with what the tests look at, and activates the plugin.
define( 'WP_INSTALLING', true );
require ABSPATH . 'wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
require_once ABSPATH . 'wp-admin/includes/plugin.php';
wp_install( 'The shop', 'admin', 'admin@shop.example', true, '', 'correct horse battery' );
switch_theme( 'plain' );
$parent = wp_insert_term( 'Kitchen & table', 'product_cat' );
$child  = wp_insert_term( 'Mugs', 'product_cat', array( 'parent' => $parent['term_id'] ) );
$made   = array(
	'product'  => wp_insert_post( array( 'post_type' => 'product', 'post_title' => 'Blue mug', 'post_status' => 'publish' ) ),
	'post'     => wp_insert_post( array( 'post_type' => 'post', 'post_title' => 'About mugs', 'post_status' => 'publish' ) ),
	'page'     => wp_insert_post( array( 'post_type' => 'page', 'post_title' => 'Contact', 'post_status' => 'publish' ) ),
	'customer' => wp_insert_user( array( 'user_login' => 'carla', 'user_pass' => 'a long password', 'role' => 'subscriber' ) ),
);
wp_set_object_terms( $made['product'], $child['term_id'], 'product_cat' );
$failed = activate_plugin( 'dojo-interactions/dojo-interactions.php' );
if ( is_wp_error( $failed ) ) {
	exit( $failed->get_error_message() );
}
echo wp_json_encode( $made );
